import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { endFlag, FrameBuffers, frameKind, FrameWriter } from "../../link/link.ts";
import { newSharedLoad, sharedLoadIn } from "../shared-load.ts";
import { testingClock } from "../testing-clock.ts";
import { LinkListener, listenerLimits } from "./link-listener.ts";
import { LinkDialer } from "./testing-dialer.ts";
import { listenerFor, listening } from "./testing-service.ts";
import { linkLimits } from "./worker-link.ts";

async function serviceFor(t: TestContext, log: string[] = []): Promise<Server> {
  return listening(
    t,
    createServer((request, response) => {
      log.push(`${request.method} ${request.url}`);
      response.end("served");
    }),
  );
}

/** A connection to a link port, and what is said on it before anything is proven. */
async function raw(t: TestContext, port: number, say?: (frames: FrameWriter) => void): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "connect");
  if (say !== undefined) {
    const frames = new FrameWriter(new FrameBuffers());
    say(frames);
    socket.write(frames.collected());
  }
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.destroyed) await once(socket, "close");
}

test("who proves that it knows the key is served; the port is the link's own", async (t) => {
  const server = await serviceFor(t);
  const { address } = listenerFor(t, server);
  const dialer = await LinkDialer.dial(address);
  t.after(() => dialer.close());
  assert.equal(dialer.streamsMax, linkLimits.streamsMax);
  assert.match(await dialer.get("/").whole(), /served$/);
  const other = listenerFor(t, server);
  assert.notEqual(other.address.key, address.key);
});

test("links are taken where the server listens, and nowhere else", async (t) => {
  for (const [host, others] of [
    ["127.0.0.1", ["127.0.0.2", "::1"]],
    ["::1", ["127.0.0.1"]],
    ["0.0.0.0", ["::1"]],
    ["::", []],
  ] as const) {
    const server = createServer((_request, response) => response.end("x"));
    server.listen(0, host);
    await once(server, "listening");
    t.after(() => server.close());
    const { address } = listenerFor(t, server);
    const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
    const dialer = await LinkDialer.dial(address, { host: reachable });
    t.after(() => dialer.close());
    assert.match(await dialer.get("/").whole(), /200 OK/);
    for (const other of others) {
      const socket = connect({ port: address.port, host: other });
      const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
      assert.equal(error.code, "ECONNREFUSED", `${other} of a server at ${host}`);
    }
  }
});

test("no links to a server that speaks TLS, listens on a unix socket, or does not listen", async (t) => {
  const takes = (server: Server): unknown =>
    LinkListener.at(server, "requests", sharedLoadIn(newSharedLoad()), testingClock());
  assert.equal(takes(createServer()), undefined);
  const unix = createServer();
  unix.listen(join(tmpdir(), `skein-link-${process.pid}.sock`));
  await once(unix, "listening");
  t.after(() => unix.close());
  assert.equal(takes(unix), undefined);
  const tls = createTlsServer();
  tls.listen(0, "127.0.0.1");
  await once(tls, "listening");
  t.after(() => tls.close());
  assert.equal(takes(tls as unknown as Server), undefined);
});

const hello = JSON.stringify({ v: 1, proxy: "p", nonce: "0".repeat(32) });
const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const unproven: [name: string, say: (frames: FrameWriter) => void][] = [
  ["no hello but a request", (frames) => frames.text(frameKind.request, 1, endFlag, request)],
  ["a hello that is no JSON", (frames) => frames.text(frameKind.hello, 0, 0, "{")],
  ["a hello of another version", (frames) => frames.text(frameKind.hello, 0, 0, hello.replace("1", "2"))],
  ["a hello without a nonce", (frames) => frames.text(frameKind.hello, 0, 0, '{"v":1,"proxy":"p"}')],
  ["a proof without a hello", (frames) => frames.text(frameKind.proof, 0, 0, '{"proof":"00"}')],
  [
    "a wrong proof",
    (frames) => {
      frames.text(frameKind.hello, 0, 0, hello);
      frames.text(frameKind.proof, 0, 0, JSON.stringify({ proof: "0".repeat(64) }));
    },
  ],
  [
    "a request after the hello",
    (frames) => {
      frames.text(frameKind.hello, 0, 0, hello);
      frames.text(frameKind.request, 1, endFlag, request);
    },
  ],
  [
    "a second hello",
    (frames) => {
      frames.text(frameKind.hello, 0, 0, hello);
      frames.text(frameKind.hello, 0, 0, hello);
    },
  ],
  ["a ping before the proof", (frames) => frames.text(frameKind.ping, 0, 0, "12345678")],
  [
    "much that is not known, before the proof",
    (frames) => {
      for (let n = 0; n < 3; n += 1) frames.text(99, 0, 0, "x".repeat(1_000));
    },
  ],
  ["HTTP/1.1", (frames) => frames.text(frameKind.hello, 0, 0, request.repeat(60))],
];

for (const [name, say] of unproven) {
  test(`without a proof nothing is served: ${name}`, async (t) => {
    const log: string[] = [];
    const server = await serviceFor(t, log);
    const socket = await raw(t, listenerFor(t, server).address.port, say);
    await closed(socket);
    assert.deepEqual(log, []);
  });
}

test("who says nothing, or not all, is closed after two seconds; who is proven is not", async (t) => {
  const clock = testingClock();
  const { address } = listenerFor(t, await serviceFor(t), "requests", clock);
  const dialer = await LinkDialer.dial(address);
  t.after(() => dialer.close());
  const silent = await raw(t, address.port);
  const half = await raw(t, address.port, (frames) => frames.text(frameKind.hello, 0, 0, hello));
  await once(half, "data");
  clock.advance(listenerLimits.greetingMs - 1);
  assert.match(await dialer.get("/").whole(), /served$/);
  assert.deepEqual([silent.destroyed, half.destroyed], [false, false]);
  clock.advance(2);
  await Promise.all([closed(silent), closed(half)]);
  assert.match(await dialer.get("/").whole(), /served$/);
});

test("only so many may be unproven at a time; each that is gone or proven makes room", async (t) => {
  const { address } = listenerFor(t, await serviceFor(t));
  const sockets: Socket[] = [];
  for (let n = 0; n < listenerLimits.unprovenMax; n += 1) sockets.push(await raw(t, address.port));
  const oneMore = await raw(t, address.port);
  await closed(oneMore);
  sockets[0]?.destroy();
  // Its end must have come there before the next does.
  let dialer = await LinkDialer.dial(address);
  while (dialer.closed) dialer = await LinkDialer.dial(address);
  t.after(() => dialer.close());
  const again = await raw(t, address.port, (frames) => frames.text(frameKind.hello, 0, 0, hello));
  await once(again, "data");
});

test("who takes all places and says nothing keeps no proxy out", async (t) => {
  const { address } = listenerFor(t, await serviceFor(t));
  const silent = Array.from({ length: listenerLimits.unprovenMax }, () =>
    connect({ port: address.port, host: "127.0.0.1", localAddress: "127.0.0.66" }),
  );
  t.after(() => silent.forEach((socket) => socket.destroy()));
  await Promise.all(silent.map(async (socket) => once(socket, "connect")));
  const dialer = await LinkDialer.dial(address);
  t.after(() => dialer.close());
  assert.match(await dialer.get("/").whole(), /served$/);
});

test("requests see nothing of the asynchronous context of who took links in", async (t) => {
  const store = new AsyncLocalStorage<string>();
  const server = await listening(
    t,
    createServer((_request, response) => response.end(`store: ${store.getStore()}`)),
  );
  const { address } = store.run("of the caller", () => listenerFor(t, server));
  const dialer = await LinkDialer.dial(address);
  t.after(() => dialer.close());
  assert.match(await dialer.get("/").whole(), /store: undefined$/);
});

test("a link at the port that was asked for; where that is taken another one, and a warning", async (t) => {
  const [server, other] = [await serviceFor(t), await serviceFor(t)];
  const at = (port: number): LinkListener | undefined =>
    LinkListener.at(server, "requests", sharedLoadIn(newSharedLoad()), testingClock(), { port });
  const first = at(0);
  assert.ok(first !== undefined);
  const { port } = first.address;
  first.close();
  const again = at(port);
  t.after(() => again?.close());
  assert.equal(again?.address.port, port);
  const warned = once(process, "warning");
  const { port: taken } = other.address() as AddressInfo;
  const elsewhere = at(taken);
  t.after(() => elsewhere?.close());
  assert.ok(elsewhere !== undefined);
  assert.ok(![taken, port].includes(elsewhere.address.port));
  const [{ code, message }] = (await warned) as [{ code: string; message: string }];
  assert.equal(code, "skein-link-port");
  assert.match(message, new RegExp(`they come to port ${elsewhere.address.port}$`));
});
