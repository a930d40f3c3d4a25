import assert from "node:assert/strict";
import { test } from "node:test";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testWorkerRow } from "../testing/testing-table.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const accepted = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const ask =
  "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";

test("a client that does not answer the end of its idle connection is let go all the same", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context, 1, { timeouts: { idleClientMs: 50 } });
  workers[0]!.answerAll("ok");
  const me = await client("halfOpen");
  me.send(get);
  await me.message();
  await until(() => me.ended, "the proxy's end");
  await until(() => proxy.report().connections.open === 0, "let go");
});

test("a request that meets the end of its idle connection is not begun: nobody could be told its outcome", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context, 1, { timeouts: { idleClientMs: 50 } });
  workers[0]!.answerAll("ok");
  const me = await client("halfOpen");
  me.send(get);
  await me.message();
  await until(() => me.ended, "the proxy's end");
  me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  await until(() => proxy.report().connections.open === 0, "let go");
  assert.equal(proxy.report().services["web"]?.requests, 1);
});

test("a client that ends its half with a request under way is taken for gone: the request is cancelled", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  const me = await client("halfOpen");
  me.send(get);
  const worker = await workers[0]!.connection();
  await worker.head();
  me.socket.end();
  await worker.gone();
  await until(() => me.closed || me.ended, "the client's connection ends too");
  assert.equal(proxy.report().connections.open, 0);
});

test("a client that ends its half amid a head is let go", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  const me = await client("halfOpen");
  me.send("GET / HTTP/1.1\r\nHo");
  me.socket.end();
  await until(() => me.ended || me.closed, "the proxy's end");
  await until(() => proxy.report().connections.open === 0, "let go");
  assert.equal(me.received, "");
  assert.equal(workers[0]!.connections.length, 0);
});

/** Bytes go into the peer's connection until no more do. */
async function fill(peer: TestPeer): Promise<void> {
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let taken = -1;
  await until(() => {
    const stuck = peer.socket.bytesWritten === taken && peer.socket.writableLength > 0;
    taken = peer.socket.bytesWritten;
    if (peer.socket.writableLength === 0) peer.socket.write(chunk);
    return stuck;
  }, "the way is full");
}

test("an idle tunnel outlives every timeout", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, {
    timeouts: { stalledClientMs: 20, idleClientMs: 20, headMs: 20, idleWorkerMs: 20 },
  });
  const me = await client();
  me.send(ask);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send(accepted);
  await me.head();
  for (let times = 0; times < 3; times += 1) await (await client()).gone();
  me.send("still here");
  await worker.take("still here");
});

test("a tunnel's last words to a worker that takes nothing do not keep its connection", async (context) => {
  const test = await proxyWithWorkers(context, 1, { timeouts: { stalledClientMs: 60_000 } });
  const me = await test.client();
  me.send(ask);
  const worker = await test.workers[0]!.connection();
  await worker.head();
  worker.send(accepted);
  await me.head();
  worker.socket.pause();
  await fill(me);
  test.table({ timeouts: { stalledClientMs: 100 }, workers: [testWorkerRow(test.workers[0]!.port)] });
  me.reset();
  // The proxy does not read a client that it holds up: it learns of its end by what it has to say to it.
  worker.send(".");
  await until(() => test.proxy.report().services["web"]?.inFlight === 0, "the tunnel is over");
  // Only its own writing shows it that nobody is there any more.
  await until(() => (worker.send("."), worker.closed), "the connection is given up");
});
