import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
  type TlsOptions,
} from "node:tls";
import { noOpenssl, TestAuthority } from "../../../test/certificates.ts";
import type { TableWorker } from "../../protocol/routing-table.ts";
import { systemClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { LinkListener } from "../../worker/link/link-listener.ts";
import { newSharedLoad, sharedLoadIn } from "../../worker/shared-load.ts";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import { startTestProxy, type TestProxy } from "../testing/testing-proxy.ts";
import { TestRelay } from "../testing/testing-relay.ts";
import { testWorkerRow } from "../testing/testing-table.ts";

const get = "GET /secret-path HTTP/1.1\r\nHost: h\r\nCookie: secret-cookie\r\n\r\n";
const post = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nsecret-body";

/** 127.0.0.1, spelt so that it does not say that it is this host: as a worker on another one is reached. */
const elsewhere = (port: number): string => `[::ffff:127.0.0.1]:${port}`;

interface Scene extends TestProxy {
  server: Server;
  /** Between the proxy and the port of links. */
  relay: TestRelay;
  /** `METHOD url` of what the service was asked. */
  asked: string[];
  row: TableWorker;
  talk: TestPeer;
}

/** A worker of the SDK behind a relay, as on another host, and a proxy that has been told of it. */
async function sceneFor(t: TestContext, inClear = false): Promise<Scene> {
  const asked: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(`${request.method} ${request.url}`);
    const { encrypted } = request.socket as { encrypted?: boolean };
    request.resume().on("end", () => response.end(`secret-answer, encrypted: ${encrypted === true}`));
  };
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const listener = LinkListener.at(server, "requests", sharedLoadIn(newSharedLoad()), systemClock, {
    inClear,
  });
  assert.ok(listener !== undefined);
  t.after(() => {
    listener.close();
    server.close();
    server.closeAllConnections();
  });
  const relay = await TestRelay.before(t, listener.address.port);
  const proxy = await startTestProxy(t);
  const { port } = server.address() as AddressInfo;
  const link = { ...listener.address, port: relay.port };
  const row = testWorkerRow(port, { address: elsewhere(port), link });
  proxy.table({ workers: [row] });
  return { ...proxy, server, relay, asked, row, talk: await proxy.client() };
}

async function linkOpen({ proxy }: TestProxy): Promise<void> {
  await until(() => proxy.statistics.links.open === 1, "an open link");
}

/** One request before the link is open, and two over it. */
async function askAll(scene: Scene): Promise<string[]> {
  const { talk, proxy } = scene;
  const bodies: string[] = [];
  talk.send(get);
  bodies.push((await talk.message()).body);
  await linkOpen(scene);
  for (const text of [get, post]) {
    talk.send(text);
    bodies.push((await talk.message()).body);
  }
  assert.equal(proxy.statistics.links.requests, 2);
  return bodies;
}

test("who reads the network between hosts reads nothing, neither of the link nor of HTTP/1.1 before it", async (t) => {
  const scene = await sceneFor(t);
  // The service is told nothing of it: its clients' connections are another matter.
  assert.deepEqual(await askAll(scene), Array(3).fill("secret-answer, encrypted: false"));
  assert.deepEqual(scene.asked, ["GET /secret-path", "GET /secret-path", "POST /a"]);
  const { connections, seen } = scene.relay;
  assert.ok(connections.length >= 2);
  for (const { toWorker } of connections) assert.equal(toWorker[0]?.[0], 0x16);
  assert.ok(seen.length > 1_000);
  assert.doesNotMatch(seen, /secret|HTTP\/1\.1 |nonce|proof/);
});

test("asked for by name, links are in clear: the same reader reads them", async (t) => {
  const scene = await sceneFor(t, true);
  await askAll(scene);
  assert.equal(scene.row.link?.sealed, undefined);
  for (const secret of [/secret-path/, /secret-cookie/, /secret-body/, /secret-answer/, /proof/])
    assert.match(scene.relay.seen, secret);
});

test("a worker with another key gets no request, and neither does its port in clear", async (t) => {
  const { table, row, talk, asked, server, proxy } = await sceneFor(t);
  const inClear: unknown[] = [];
  server.on("connection", (socket) => inClear.push(socket));
  table({ workers: [{ ...row, generation: 2, link: { ...row.link!, key: "0".repeat(64) } }] });
  talk.send(get);
  assert.match((await talk.message()).head, /^HTTP\/1\.1 50\d .*x-skein-reason: /s);
  await until(() => proxy.statistics.links.failed > 0, "the link fails");
  assert.deepEqual([asked, inClear], [[], []]);
});

test("a port of links that is shut is named, and nothing is said to serve instead", async (t) => {
  const told: unknown[] = [];
  const info = (fields: { port?: number }, message: string): unknown => told.push([fields.port, message]);
  const { table, client, proxy } = await startTestProxy(t, systemClock, { ...silentLogger, info });
  // Nobody listens there.
  const link = { port: 9, key: "0".repeat(64), sealed: true } as const;
  table({ workers: [testWorkerRow(8_081, { address: elsewhere(8_081), link })] });
  (await client()).send(get);
  await until(() => proxy.statistics.links.failed > 0, "the link fails");
  assert.deepEqual(told, [[9, "no link to this worker, whose requests all go through this port"]]);
});

const impostors: [name: string, answer: string][] = [
  ["HTTP/1.1 in clear", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"],
  ["nothing but the end", ""],
];
for (const [name, answer] of impostors) {
  test(`no way down for who is in between: ${name} instead of a handshake`, async (t) => {
    const { table, row, talk, server, asked } = await sceneFor(t);
    const heard: Buffer[] = [];
    const impostor = createNetServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => {
        heard.push(chunk);
        socket.end(answer);
      });
    }).listen(0, "127.0.0.1");
    await once(impostor, "listening");
    t.after(() => impostor.close());
    let inClear = 0;
    server.on("connection", () => (inClear += 1));
    const { port } = impostor.address() as AddressInfo;
    table({ workers: [{ ...row, generation: 2, link: { ...row.link!, port } }] });
    talk.send(get);
    const { head } = await talk.message();
    assert.match(head, /^HTTP\/1\.1 50\d .*x-skein-reason: /s);
    assert.deepEqual([asked, inClear], [[], 0]);
    assert.ok(heard.length > 0);
    assert.doesNotMatch(Buffer.concat(heard).toString("latin1"), /secret/);
  });
}

test("a certificate is no key, whoever has issued it", { skip: noOpenssl }, async (t) => {
  const authority = new TestAuthority(t);
  const files = authority.issue(["localhost", "127.0.0.1", "::ffff:127.0.0.1"]);
  const before = getCACertificates();
  setDefaultCACertificates([authority.caText]);
  t.after(() => setDefaultCACertificates(before));
  const options: TlsOptions = {
    cert: readFileSync(files.cert),
    key: readFileSync(files.key),
    ALPNProtocols: ["skein-link", "http/1.1"],
  };
  const heard: string[] = [];
  const impostor = createTlsServer(options, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => heard.push(chunk.toString("latin1")));
  }).listen(0, "127.0.0.1");
  await once(impostor, "listening");
  t.after(() => impostor.close());
  const { table, row, talk } = await sceneFor(t);
  const { port } = impostor.address() as AddressInfo;
  table({ workers: [{ ...row, generation: 2, link: { ...row.link!, port } }] });
  talk.send(get);
  assert.match((await talk.message()).head, /^HTTP\/1\.1 50\d .*x-skein-reason: /s);
  assert.deepEqual(heard, []);
});

test("what was recorded is worth nothing when it is said again", async (t) => {
  const scene = await sceneFor(t);
  await askAll(scene);
  const before = scene.asked.length;
  const recorded = scene.relay.connections.map(({ toWorker }) => Buffer.concat(toWorker));
  assert.ok(recorded.length >= 2);
  for (const bytes of recorded) {
    const again = connect(scene.row.link!.port, "127.0.0.1");
    again.on("error", () => undefined);
    again.resume();
    again.write(bytes);
    await once(again, "close");
  }
  assert.equal(scene.asked.length, before);
});

for (const inClear of [false, true]) {
  const outcome = inClear ? "in clear it goes to another worker" : "sealed nothing is proven by it";
  test(`a POST that has not begun when its link ends in order: ${outcome}`, async (t) => {
    const scene = await sceneFor(t, inClear);
    const { table, row, relay, talk, asked } = scene;
    talk.send(get);
    await talk.message();
    await linkOpen(scene);
    const other = (await scene.worker()).answerAll("of another");
    asked.length = 0;
    relay.holds = true;
    const begins = scene.proxy.statistics.links.requests;
    talk.send(post);
    await until(() => scene.proxy.statistics.links.requests > begins, "the request is on the link");
    table({ workers: [row, testWorkerRow(other.port)] });
    relay.endTowardsProxy();
    const { head, body } = await talk.message();
    if (inClear) assert.equal(body, "of another");
    else assert.match(head, /x-skein-reason: outcome-unknown/);
    assert.deepEqual(asked, []);
  });
}

test("a worker that drains over a sealed link gets no request more, and what is there is answered", async (t) => {
  const scene = await sceneFor(t);
  await askAll(scene);
  const { server, talk } = scene;
  server.removeAllListeners("request");
  const held: ServerResponse[] = [];
  server.on("request", (_request, response) => held.push(response));
  talk.send(get);
  await until(() => held.length === 1, "the request is there");
  scene.table({ workers: [{ ...scene.row, state: { kind: "draining" } }] });
  const late = await scene.client();
  late.send(get);
  assert.match((await late.message()).head, /^HTTP\/1\.1 503 /);
  held[0]?.end("last");
  assert.equal((await talk.message()).body, "last");
});

const breaks: [how: string, breakOff: (socket: Socket) => void][] = [
  ["resets", (socket) => socket.resetAndDestroy()],
  ["ends", (socket) => socket.once("data", () => socket.end())],
];
for (const [how, breakOff] of breaks)
  test(`a connection that the worker takes and ${how} before it is established: nobody says that it refuses`, async (t) => {
    const scene = await sceneFor(t);
    let taken = 0;
    const flaky = createNetServer((socket) => {
      taken += 1;
      if (taken <= 3) return breakOff(socket);
      const onward = connect(scene.relay.port, "127.0.0.1");
      onward.pipe(socket).pipe(onward);
      for (const one of [socket, onward]) one.on("error", () => one.destroy());
    }).listen(0, "127.0.0.1");
    await once(flaky, "listening");
    t.after(() => flaky.close());
    const { port } = flaky.address() as AddressInfo;
    const { link } = scene.row;
    assert.ok(link !== undefined);
    scene.table({ workers: [{ ...scene.row, generation: 2, link: { ...link, port } }] });
    scene.talk.send(post);
    await scene.talk.message();
    await until(() => taken >= 3, "it was looked at");
    const again = await scene.client();
    again.send(get);
    assert.match((await again.message()).body, /secret-answer, encrypted: false/);
    assert.deepEqual(
      scene.evidence.filter(({ kind }) => kind === "refused"),
      [],
    );
  });

for (const loses of [false, true]) {
  const outcome = loses ? "another is tried beside it where packets are lost" : "nothing is tried beside it";
  test(`a handshake that takes its time: ${outcome}`, async (t) => {
    const scene = await sceneFor(t);
    const { proxy, relay, talk } = scene;
    let taken = 0;
    const held: (() => void)[] = [];
    const slow = createNetServer((socket) => {
      taken += 1;
      socket.on("error", () => socket.destroy());
      const onward = (): void => {
        const worker = connect(relay.port, "127.0.0.1");
        worker.on("error", () => worker.destroy());
        worker.pipe(socket).pipe(worker);
      };
      // The first two are of the link and of the request; the third asks about a worker that takes so long.
      if (taken <= 2) return void held.push(onward);
      onward();
      if (!loses) for (const go of held.splice(0)) go();
    }).listen(0, "127.0.0.1");
    await once(slow, "listening");
    t.after(() => slow.close());
    const { port } = slow.address() as AddressInfo;
    const { link } = scene.row;
    assert.ok(link !== undefined);
    scene.table({ workers: [{ ...scene.row, generation: 2, link: { ...link, port } }] });
    const [worker] = proxy.pool("web").workers.values();
    assert.ok(worker !== undefined);
    if (loses) worker.lostAt = systemClock.now();
    talk.send(post);
    assert.match((await talk.message()).body, /secret-answer, encrypted: false/);
    assert.deepEqual(scene.asked, ["POST /a"]);
    assert.equal(taken, loses ? 4 : 3);
    if (!loses) assert.equal(worker.lostAt, -Infinity);
  });
}
