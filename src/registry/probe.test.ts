import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { silentLogger } from "../runtime/logger.ts";
import { unhurried } from "../core/health/inquiry.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { netProber, type ProbeResult, type Question } from "./probe.ts";

const probe = netProber(systemClock);
const get: Question = { kind: "http", method: "GET", path: "/healthz" };

/** A worker whose every byte the test decides. */
async function worker(t: TestContext, serve: (socket: Socket, asked: string) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk) => serve(socket, chunk.toString("latin1")));
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const ask = (port: number, question: Question, timeoutMs = 5_000): Promise<ProbeResult> =>
  probe({ host: "127.0.0.1", port }, question, unhurried(timeoutMs));

test("a connect is enough where that was asked", async (t) => {
  assert.deepEqual(await ask(await worker(t, () => {}), { kind: "connect" }), { kind: "connected" });
});

test("an answer is its status, also in pieces", async (t) => {
  let asked = "";
  const port = await worker(t, (socket, text) => {
    asked += text;
    socket.write("HTTP/1.1 2");
    setImmediate(() => socket.end("04 No Content\r\n\r\n"));
  });
  assert.deepEqual(await ask(port, get), { kind: "answered", status: 204 });
  assert.equal(
    asked,
    `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: skein-check\r\nConnection: close\r\n\r\n`,
  );
});

test("nobody listens", async (t) => {
  const port = await worker(t, () => {});
  const free = createServer();
  free.listen(0, "127.0.0.1");
  await once(free, "listening");
  const gone = (free.address() as AddressInfo).port;
  free.close();
  await once(free, "close");
  assert.notEqual(gone, port);
  assert.deepEqual(await ask(gone, get), { kind: "refused" });
});

const silent: [name: string, serve: (socket: Socket) => void, timeoutMs: number][] = [
  ["no byte in time", () => {}, 50],
  ["a reset", (socket) => socket.resetAndDestroy(), 5_000],
  ["an end without an answer", (socket) => socket.end(), 5_000],
  ["something that is no HTTP", (socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n"), 5_000],
];
for (const [name, serve, timeoutMs] of silent) {
  test(`silent: ${name}`, async (t) => {
    assert.deepEqual(await ask(await worker(t, serve), get, timeoutMs), { kind: "silent" });
  });
}

const lacks = [
  ["EMFILE", /too many files open/],
  ["EADDRNOTAVAIL", /no local port is left/],
] as const;

for (const [code, reason] of lacks) {
  test(`void: it could not be asked (${code}), which is told only after a while, and said to the operator`, async (t) => {
    const fail = function (this: Socket): Socket {
      return this.destroy(Object.assign(new Error(`connect ${code}`), { code, address: "127.0.0.1" }));
    };
    t.mock.method(Socket.prototype, "connect", fail, { times: 1 });
    const waits: (() => void)[] = [];
    const after: Clock["after"] = (_ms, fire) => {
      waits.push(fire);
      return { cancel: () => void waits.splice(waits.indexOf(fire), 1) };
    };
    const told: ProbeResult[] = [];
    const said: string[] = [];
    const logger = { ...silentLogger, error: (_fields: object, text: string) => void said.push(text) };
    const target = { host: "127.0.0.1", port: 1 };
    void netProber({ ...systemClock, after }, logger)(target, { kind: "connect" }, unhurried(5_000)).then(
      (result) => told.push(result),
    );
    // The error and the end of the socket come before this.
    await new Promise(setImmediate);
    assert.deepEqual(told, []);
    assert.equal(waits.length, 1);
    waits[0]?.();
    await new Promise(setImmediate);
    assert.deepEqual(told, [{ kind: "void" }]);
    assert.equal(said.length, 1);
    assert.match(said[0] ?? "", reason);
  });
}
