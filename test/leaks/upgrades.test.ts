import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { TestContext } from "node:test";
import { WebSocketServer } from "ws";
import { type TestPeer, until } from "../../src/proxy/testing/testing-peers.ts";
import { startTestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import type { TestTableParts } from "../../src/proxy/testing/testing-table.ts";
import { overEach, type Transport } from "./transports.ts";

const ask =
  "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** A worker with a WebSocket of the library that most use; `allowed`: who may have one. */
async function scene(context: TestContext, transport: Transport, allowed = true, parts: TestTableParts = {}) {
  const server = createServer((_request, response) => response.end("ordinary"));
  const sockets = new WebSocketServer({ server, path: "/ws", verifyClient: () => allowed });
  let closed = 0;
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("close", () => (closed += 1));
    socket.send("hello");
  });
  const test = await startTestProxy(context);
  const served = await transport.serve(context, server);
  test.table({ ...parts, workers: [served.row] });
  await transport.ready(test.proxy);
  return { ...test, served, closed: () => closed, open: () => sockets.clients.size, sockets };
}

async function opened(me: TestPeer): Promise<void> {
  me.send(ask);
  assert.match(await me.head(), /^HTTP\/1\.1 101 /);
  await me.take("hello");
}

overEach(
  "an upgrade that the worker refuses: the answer arrives, and nothing is left",
  async (context, transport) => {
    const { client, proxy } = await scene(context, transport, false);
    for (let round = 0; round < 10; round += 1) {
      const me = await client();
      me.send(ask);
      const answer = await me.message();
      assert.match(answer.head, /^HTTP\/1\.1 401 /);
      me.close();
    }
    await until(() => proxy.report().connections.open === 0, "nobody is left");
    assert.equal(proxy.report().services["web"]?.inFlight, 0);
    const me = await client();
    me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await me.message()).body, "ordinary");
  },
);

overEach("a client of a WebSocket vanishes: the worker's side is closed", async (context, transport) => {
  const { client, proxy, closed, open } = await scene(context, transport);
  for (let round = 1; round <= 10; round += 1) {
    const me = await client();
    await opened(me);
    if (round % 2 === 0) me.close();
    else me.reset();
    await until(() => closed() === round, "the worker knows it");
  }
  assert.equal(open(), 0);
  await until(() => proxy.report().connections.open === 0, "nobody is left");
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
});

overEach("a worker with WebSockets vanishes: each client's connection ends", async (context, transport) => {
  const { client, proxy, served } = await scene(context, transport);
  const clients = await Promise.all(Array.from({ length: 5 }, () => client()));
  await Promise.all(clients.map(opened));
  served.kill();
  await Promise.all(clients.map((me) => me.gone()));
  await until(() => proxy.report().connections.open === 0, "nobody is left");
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
});

/** One WebSocket message of a client of 32 KiB, masked by zeros. */
const message = Buffer.concat([Buffer.from([0x82, 0xfe, 0x80, 0x00, 0, 0, 0, 0]), Buffer.alloc(0x8000)]);
const giveUpSoon: TestTableParts = { timeouts: { stalledClientMs: 200 } };

overEach("a WebSocket whose worker takes nothing more is cut", async (context, transport) => {
  const { client, proxy, sockets } = await scene(context, transport, true, giveUpSoon);
  const me = await client();
  await opened(me);
  for (const socket of sockets.clients) socket.pause();
  await until(() => {
    if (me.socket.writableLength === 0) for (let sent = 0; sent < 100; sent += 1) me.send(message);
    return me.closed || me.ended;
  }, "cut");
  await until(() => proxy.report().connections.open === 0, "nobody is left");
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
});

overEach(
  "a WebSocket whose client takes nothing more is cut, and its worker knows it",
  async (context, transport) => {
    const { client, proxy, sockets, closed } = await scene(context, transport, true, giveUpSoon);
    const me = await client();
    await opened(me);
    me.socket.pause();
    await until(() => {
      for (const socket of sockets.clients) {
        if (socket.bufferedAmount === 0) for (let sent = 0; sent < 100; sent += 1) socket.send(message);
      }
      return closed() === 1;
    }, "cut");
    await until(() => proxy.report().connections.open === 0, "nobody is left");
    assert.equal(proxy.report().services["web"]?.inFlight, 0);
  },
);
