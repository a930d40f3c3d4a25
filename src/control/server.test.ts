import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { WebSocket } from "ws";
import type { ControllerFrame } from "../protocol/session.ts";
import { systemClock } from "../runtime/clock.ts";
import { ControlServer } from "./server.ts";
import { TestPorts, testToken } from "./testing-ports.ts";

interface Setup {
  ports: TestPorts;
  server: ControlServer;
  peers: WebSocket[];
  /** host:port */
  address: string;
  socketPath: string;
}

async function setUp(t: TestContext): Promise<Setup> {
  const directory = mkdtempSync(join(tmpdir(), "skein-control-"));
  const ports = new TestPorts();
  const peers: WebSocket[] = [];
  const server = new ControlServer({
    ports,
    clock: systemClock,
    acceptPeer: (socket) => peers.push(socket),
    peerFrameBytesMax: 1024,
    dashboard: join(directory, "dashboard"),
  });
  t.after(() => {
    server.close();
    for (const peer of peers) peer.terminate();
    rmSync(directory, { recursive: true, force: true });
  });
  const socketPath = join(directory, "c.sock");
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  await server.listen({ path: socketPath });
  return { ports, server, peers, address, socketPath };
}

/** A worker's side of a session, frame by frame. */
class Client {
  readonly socket: WebSocket;
  readonly #frames: ControllerFrame[] = [];
  #waiting: (() => void) | undefined;

  constructor(t: TestContext, address: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://${address}/v1/session`, { headers });
    t.after(() => this.socket.terminate());
    this.socket.on("error", () => {});
    this.socket.on("message", (data) => {
      this.#frames.push(JSON.parse((data as Buffer).toString("utf8")) as ControllerFrame);
      this.#waiting?.();
    });
  }

  async send(...frames: unknown[]): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, "open");
    for (const frame of frames) this.socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
    return this;
  }

  async next(): Promise<ControllerFrame> {
    while (this.#frames.length === 0) await new Promise<void>((done) => (this.#waiting = done));
    const [frame] = this.#frames.splice(0, 1);
    assert.ok(frame !== undefined);
    return frame;
  }
}

const hello = { t: "hello", v: 1, id: "w1", instance: "abc", service: "orders", address: ":8081" };

test("a session: hello, welcome, counted frames, drain, leave", async (t) => {
  const { ports, address } = await setUp(t);
  const client = new Client(t, address);
  await client.send(hello);
  const welcome = await client.next();
  assert.equal(welcome.t, "welcome");
  assert.ok(welcome.t === "welcome" && welcome.generation === 1 && welcome.url === "http://127.0.0.1:7601");
  const [session] = ports.sessions;
  assert.equal(session?.request.address, "127.0.0.1:8081");
  await client.send(
    { t: "beat", seq: 1, load: { inFlight: 2, eventLoopDelayP99Ms: "x" } },
    { t: "blocked", seq: 2, ageMs: 400 },
    { t: "unblocked", seq: 3 },
    { t: "pong", n: 1 },
    { t: "drain" },
  );
  assert.deepEqual(await client.next(), { t: "draining" });
  session?.socket.desired("drain");
  assert.deepEqual(await client.next(), { t: "desired", term: 3, desired: "drain" });
  session?.socket.pace(2_000, 6_000);
  assert.deepEqual(await client.next(), { t: "pace", heartbeatEveryMs: 2_000, ttlMs: 6_000 });
  await client.send({ t: "leave" });
  await once(client.socket, "close");
  // The end of the socket after `leave` is told too; the registry knows that the session is over by then.
  assert.deepEqual(session?.heard.slice(0, 6), [
    'beat {"inFlight":2}',
    "blocked",
    "unblocked",
    "beat undefined",
    "drain",
    "leave",
  ]);
});

for (const target of [
  "/\\",
  "/\\[",
  "/\\\\a:b",
  "//[",
  "/v1/workers/%",
  "/v1/workers/%00",
  "*",
  "/dashboard/%",
]) {
  test(`a target that is no path of ours is refused, and harms nobody: ${target}`, async (t) => {
    const { address } = await setUp(t);
    const ask = async (wanted: string, fields = ""): Promise<string> => {
      const socket = connect({ host: "127.0.0.1", port: Number(address.split(":")[1]) });
      t.after(() => socket.destroy());
      socket.write(`GET ${wanted} HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields || "Connection: close\r\n"}\r\n`);
      let answer = "";
      for await (const chunk of socket) answer += String(chunk);
      return answer;
    };
    assert.match(await ask(target), /^HTTP\/1\.1 4\d\d /);
    assert.match(await ask(target, "Connection: upgrade\r\nUpgrade: websocket\r\n"), /^HTTP\/1\.1 4\d\d /);
    assert.match(await ask("/livez"), /^HTTP\/1\.1 200 /);
  });
}

test("who only asks for the controllers is told them, and registers nothing", async (t) => {
  const { ports, address } = await setUp(t);
  const client = new Client(t, address);
  await client.send({ t: "ask" });
  assert.deepEqual(await client.next(), { t: "controllers", controllers: ports.controllerUrls() });
  await once(client.socket, "close");
  assert.equal(ports.sessions.length, 0);
});

test("a session that ends without a word is lost", async (t) => {
  const { ports, address } = await setUp(t);
  const client = await new Client(t, address).send(hello);
  await client.next();
  const heard = ports.sessions[0]?.heard;
  client.socket.terminate();
  while (heard?.at(-1) !== "lost") await new Promise((done) => setImmediate(done));
});

const refusals: [name: string, frames: unknown[], code: string, final: boolean][] = [
  ["no JSON", ["{"], "invalid", true],
  ["no object", ["7"], "invalid", true],
  ["no hello", [{ t: "beat", seq: 1, load: {} }], "invalid", true],
  ["a hello without instance", [{ ...hello, instance: undefined }], "invalid", true],
  ["a hello of another version", [{ ...hello, v: 2 }], "invalid", true],
  ["a forbidden address", [{ ...hello, address: "169.254.169.254:80" }], "address-forbidden", true],
  ["a second hello", [hello, hello], "invalid", true],
  [
    "a replayed seq",
    [hello, { t: "beat", seq: 2, load: {} }, { t: "beat", seq: 2, load: {} }],
    "invalid",
    true,
  ],
  ["a seq that is none", [hello, { t: "beat", seq: "1", load: {} }], "invalid", true],
  [
    "frames without end",
    [hello, ...Array.from({ length: 60 }, () => ({ t: "pong", n: 1 }))],
    "too-many-requests",
    false,
  ],
];

for (const [name, frames, code, final] of refusals) {
  test(`refused session: ${name}`, async (t) => {
    const { address } = await setUp(t);
    const client = await new Client(t, address).send(...frames);
    const closed = once(client.socket, "close");
    let frame = await client.next();
    if (frame.t === "welcome") frame = await client.next();
    assert.ok(frame.t === "refused", JSON.stringify(frame));
    assert.equal(frame.code, code);
    assert.equal(frame.final, final);
    await closed;
  });
}

test("a frame larger than a session may send ends it", async (t) => {
  const { address } = await setUp(t);
  const client = await new Client(t, address).send({ ...hello, metadata: { a: "x".repeat(20_000) } });
  const [closeCode] = (await once(client.socket, "close")) as [number];
  assert.equal(closeCode, 1009);
});

test("a session is closed by the controller with the reason", async (t) => {
  const { ports, address } = await setUp(t);
  const client = await new Client(t, address).send(hello);
  await client.next();
  ports.sessions[0]?.socket.close("generation-old", "A newer life has joined.", true);
  const frame = await client.next();
  assert.deepEqual(frame, {
    t: "refused",
    code: "generation-old",
    detail: "A newer life has joined.",
    final: true,
    retryAfterMs: 0,
  });
  assert.equal(ports.sessions[0]?.heard.at(-1), "lost");
});

test("a web page cannot open a session, and nobody a peer's stream but over the unix socket", async (t) => {
  const { address, socketPath, peers } = await setUp(t);
  const refused = async (socket: WebSocket): Promise<number | undefined> => {
    t.after(() => socket.terminate());
    socket.on("error", () => {});
    const [, response] = (await once(socket, "unexpected-response")) as [ClientRequest, IncomingMessage];
    return response.statusCode;
  };
  assert.equal(
    await refused(new WebSocket(`ws://${address}/v1/session`, { origin: "http://evil.example" })),
    403,
  );
  assert.equal(await refused(new WebSocket(`ws://${address}/v1/peer`)), 403);
  const headers = { authorization: `Bearer ${testToken}` };
  assert.equal(await refused(new WebSocket(`ws://${address}/v1/peer`, { headers })), 403);
  assert.equal(await refused(new WebSocket(`ws://${address}/v1/other`)), 404);
  const peer = new WebSocket("ws://localhost/v1/peer", { createConnection: () => connect(socketPath) });
  t.after(() => peer.terminate());
  await once(peer, "open");
  assert.equal(peers.length, 1);
});

/** The text of a streaming answer until it holds what is waited for. */
async function readUntil(
  t: TestContext,
  options: {
    host?: string;
    port?: number;
    socketPath?: string;
    path: string;
    headers?: Record<string, string>;
  },
  holds: (text: string) => boolean,
): Promise<{ text: string; close: () => void }> {
  const outgoing = request({ ...options, headers: { host: "127.0.0.1", ...options.headers }, agent: false });
  t.after(() => outgoing.destroy());
  outgoing.on("error", () => {});
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  response.on("error", () => {});
  let text = "";
  while (!holds(text)) {
    const [chunk] = (await once(response, "data")) as [string];
    text += chunk;
  }
  return { text, close: () => outgoing.destroy() };
}

test("events as a stream: from now on, from an id, and on from Last-Event-ID", async (t) => {
  const { ports, address } = await setUp(t);
  const [host, port] = address.split(":");
  const stream = (headers: Record<string, string>, holds: (text: string) => boolean, query = "") =>
    readUntil(
      t,
      {
        host: host ?? "",
        port: Number(port),
        path: `/v1/events${query}`,
        headers: { accept: "text/event-stream", ...headers },
      },
      holds,
    );
  for (let index = 0; index < 3; index += 1) ports.happen("worker-live");
  const ids = (text: string): string[] =>
    Array.from(text.matchAll(/^id: (\d+)$/gm), (found) => found[1] ?? "");
  const fresh = stream({}, (text) => ids(text).length === 1);
  while (ports.eventWatchers === 0) await new Promise((done) => setImmediate(done));
  ports.happen("worker-dead");
  const first = await fresh;
  assert.deepEqual(ids(first.text), ["4"]);
  assert.match(first.text, /^event: worker-dead\ndata: \{"id":4,/m);
  assert.deepEqual(ids((await stream({ "last-event-id": "2" }, (text) => ids(text).length === 2)).text), [
    "3",
    "4",
  ]);
  assert.deepEqual(ids((await stream({}, (text) => ids(text).length === 4, "?after=0")).text), [
    "1",
    "2",
    "3",
    "4",
  ]);
  // An id of a store that was begun anew since.
  assert.equal(ids((await stream({ "last-event-id": "99" }, (text) => ids(text).length === 4)).text)[0], "1");
  first.close();
});

test("the table as a stream: over the unix socket, with what the reader has seen; the reader's end is noticed", async (t) => {
  const { ports, socketPath } = await setUp(t);
  const path = "/v1/routing-table?watch=1&term=7&revision=2";
  const reader = await readUntil(t, { socketPath, path }, (text) => text.includes("\n"));
  assert.equal(reader.text, '{"kind":"alive","sequence":1,"term":3}\n');
  assert.deepEqual(ports.tableSeen, { term: 7, revision: 2, from: "here" });
  assert.equal(ports.tableReaders.size, 1);
  reader.close();
  while (ports.tableReaders.size > 0) await new Promise((done) => setImmediate(done));
});

test("the workers of a service as a stream: news of others are none; without a service it is refused", async (t) => {
  const { ports, address } = await setUp(t);
  const place = { host: "127.0.0.1", port: Number(address.split(":")[1]) };
  const path = "/v1/workers?watch=1&service=orders";
  const reader = readUntil(t, { ...place, path }, (text) => text.split("\n").length > 3);
  while (ports.tableListeners.size === 0) await new Promise((done) => setImmediate(done));
  const gone = (service: string): void => {
    const removals = [{ service, id: "w" }];
    for (const take of ports.tableListeners)
      take({ kind: "delta", sequence: 1, term: 1, settled: true, upserts: [], removals });
  };
  gone("other");
  gone("other");
  gone("orders");
  for (const take of ports.tableListeners) take({ kind: "alive", sequence: 1, term: 1 });
  const { text, close } = await reader;
  assert.equal(
    text,
    '{"kind":"delta","settled":true,"upserts":[],"removals":[]}\n' +
      '{"kind":"delta","settled":true,"upserts":[],"removals":["w"]}\n' +
      '{"kind":"alive"}\n',
  );
  close();
  while (ports.tableListeners.size > 0) await new Promise((done) => setImmediate(done));
  const bare = "GET /v1/workers?watch=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  assert.match(await raw(t, address, bare), /^HTTP\/1\.1 400 /);
});

test("a reader of the table that takes nothing is cut", async (t) => {
  const { ports, socketPath } = await setUp(t);
  const socket = connect(socketPath);
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  socket.write("GET /v1/routing-table?watch=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  while (ports.tableReaders.size === 0) await new Promise((done) => setImmediate(done));
  const line = "x".repeat(1024 * 1024);
  for (let sent = 0; ports.tableReaders.size > 0; sent += 1) {
    assert.ok(sent < 200, "the backlog must have a bound");
    for (const frame of ports.tableReaders) frame(line);
    await new Promise((done) => setImmediate(done));
  }
});

/** What a raw client gets for what it sends. */
async function raw(t: TestContext, address: string, text: string): Promise<string> {
  const [host = "", port] = address.split(":");
  const socket: Socket = connect(Number(port), host);
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  socket.setEncoding("latin1");
  let answer = "";
  socket.on("data", (chunk: string) => (answer += chunk));
  socket.end(text);
  await once(socket, "close");
  return answer;
}

test("nonsense on the wire ends the connection and nothing else", async (t) => {
  const { ports, address } = await setUp(t);
  const hostLine = "Host: 127.0.0.1\r\nConnection: close\r\n";
  const tries = [
    "nonsense\r\n\r\n",
    `GET //evil HTTP/1.1\r\n${hostLine}\r\n`,
    `GET http://evil/ HTTP/1.1\r\n${hostLine}\r\n`,
    `GET /v1/routing-table?watch=1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    `GET /v1/session HTTP/1.1\r\n${hostLine.replace("close", "Upgrade")}Upgrade: websocket\r\n\r\n`,
    `GET * HTTP/1.1\r\n${hostLine.replace("close", "Upgrade")}Upgrade: websocket\r\n\r\n`,
    `POST /v1/heartbeat HTTP/1.1\r\n${hostLine}Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{`,
  ];
  const answers = await Promise.all(tries.map((text) => raw(t, address, text)));
  const statuses = answers.map((answer) => answer.slice(9, 12));
  assert.deepEqual(statuses.slice(3, 6), ["421", "400", "404"]);
  assert.equal(statuses[6], "413");
  const alive = await raw(t, address, `GET /livez HTTP/1.1\r\n${hostLine}\r\n`);
  assert.match(alive, /^HTTP\/1\.1 200 /);
  assert.deepEqual(ports.logged, []);
});

test("the table as a stream has the keys of links only over the unix socket, or with the token", async (t) => {
  const { ports, address, socketPath } = await setUp(t);
  const path = "/v1/routing-table?watch=1";
  const place = { host: "127.0.0.1", port: Number(address.split(":")[1]), path };
  const places = [
    { socketPath, path },
    place,
    { ...place, headers: { authorization: `Bearer ${testToken}` } },
  ];
  for (const one of places) {
    const reader = await readUntil(t, one, (text) => text.includes("\n"));
    reader.close();
  }
  assert.deepEqual(ports.tablesAsked, [true, false, true]);
});

test("a session's hello tells where links are taken; a port of the gateway or a key of another form is refused", async (t) => {
  const { ports, address } = await setUp(t);
  const key = "0123456789abcdef".repeat(4);
  const welcomed = new Client(t, address);
  await welcomed.send({ ...hello, link: { port: 9_001, key, later: "ignored" } });
  assert.equal((await welcomed.next()).t, "welcome");
  assert.deepEqual(ports.sessions[0]?.request.link, { port: 9_001, key });
  const wrong = [
    { port: 8_080, key },
    { port: 0, key },
    { port: 9_001, key: "secret".repeat(11) },
    { port: 9_001 },
  ];
  const answers: string[] = [];
  for (const link of wrong) {
    const client = new Client(t, address);
    await client.send({ ...hello, link });
    const frame = await client.next();
    assert.ok(frame.t === "refused" && frame.final);
    assert.doesNotMatch(frame.detail, /secret/);
    answers.push(`${frame.code} ${frame.detail.split(":")[0]}`);
  }
  assert.deepEqual(answers, [
    "address-forbidden link",
    "invalid link.port",
    "invalid link.key",
    "invalid link.key",
  ]);
});
