import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer as createRelay, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { createServer, type TLSSocket } from "node:tls";
import { type IssuedFiles, noOpenssl, TestAuthority } from "../../../test/certificates.ts";
import type { WorkerTls } from "../../protocol/configuration.ts";
import type { TableWorker } from "../../protocol/routing-table.ts";
import { readAuthorities } from "../../runtime/authorities.ts";
import { systemClock } from "../../runtime/clock.ts";
import { until } from "../testing/testing-peers.ts";
import { startTestProxy } from "../testing/testing-proxy.ts";
import { testService, testWorkerRow } from "../testing/testing-table.ts";

const skip = noOpenssl;
const get = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
const post = "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 2\r\n\r\nhi";

/** A worker that speaks HTTPS: it answers every request with its name, and keeps what it heard. */
async function secureWorker(context: TestContext, files: IssuedFiles, name: string, answer?: string) {
  const heard: { head: string; serverName: string; resumed: boolean }[] = [];
  const open = new Set<TLSSocket>();
  const server = createServer({ cert: readFileSync(files.cert), key: readFileSync(files.key) }, (socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      const serverName = (socket as { servername?: string | false }).servername || "";
      heard.push({ head: chunk.toString("latin1"), serverName, resumed: socket.isSessionReused() });
      socket.write(answer ?? `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
    });
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, heard, open };
}

function trusting(authority: TestAuthority, more: Partial<WorkerTls> = {}): WorkerTls {
  const reading = readAuthorities(authority.ca);
  return { ca: { file: authority.ca, digest: reading.ok ? reading.digest : "" }, verify: true, ...more };
}

async function start(context: TestContext, clock = systemClock) {
  const authority = new TestAuthority(context);
  const test = await startTestProxy(context, clock);
  const me = await test.client();
  const serve = (tls: WorkerTls | undefined, ...workers: TableWorker[]): void => {
    const service = tls === undefined ? testService() : testService({ tls });
    test.table({ services: [service], workers, timeouts: { noWorkerWaitMs: 1 } });
  };
  const ask = async (request = get): Promise<string> => {
    me.send(request);
    const { head, body } = await me.message();
    const reason = /x-skein-reason: (\S+)/.exec(head)?.[1];
    return reason === undefined ? body : `${head.slice(9, 12)} ${reason}`;
  };
  return { ...test, authority, serve, ask };
}

test("a worker whose certificate is for its address, by an own authority", { skip }, async (context) => {
  const { authority, serve, ask, proxy } = await start(context);
  const worker = await secureWorker(context, authority.issue(["127.0.0.1"]), "one");
  serve(trusting(authority), testWorkerRow(worker.port));
  assert.equal(await ask(), "one");
  assert.equal(await ask(), "one");
  assert.match(worker.heard[0]?.head ?? "", /^GET \/ HTTP\/1\.1\r\nHost: example\.com\r\n/);
  assert.equal(worker.heard[0]?.serverName, "");
  assert.equal(worker.open.size, 1, "the connection is used again");
  assert.deepEqual(proxy.report().tls?.workersFailed, {});
});

test(
  "names: the worker's own, or one for all; a further connection resumes the session",
  { skip },
  async (context) => {
    const { authority, serve, ask } = await start(context);
    const worker = await secureWorker(context, authority.issue(["web.internal"]), "one");
    const row = testWorkerRow(worker.port, { serverName: "web.internal" });
    serve(trusting(authority), row);
    assert.equal(await ask(), "one");
    assert.equal(await ask(post), "one");
    assert.equal(await ask(post), "one");
    assert.deepEqual(
      worker.heard.map(({ serverName, resumed }) => [serverName, resumed]),
      [
        ["web.internal", false],
        ["web.internal", true],
        ["web.internal", true],
      ],
    );
    serve(trusting(authority, { serverName: "other.internal" }), row);
    await until(() => worker.open.size === 0, "connections from before to be closed");
    assert.equal(await ask(), "503 no-live-worker");
    serve(trusting(authority, { serverName: "web.internal" }), testWorkerRow(worker.port));
    assert.equal(await ask(), "one");
  },
);

test(
  "no session is resumed after the end of the certificate that was verified",
  { skip },
  async (context) => {
    let wallTime = systemClock.wallTime();
    const clock = { ...systemClock, wallTime: () => wallTime };
    const { authority, serve, ask, proxy } = await start(context, clock);
    const worker = await secureWorker(context, authority.issue(["127.0.0.1"], { validToDays: 2 }), "one");
    serve(trusting(authority), testWorkerRow(worker.port));
    assert.equal(await ask(post), "one");
    assert.equal(await ask(post), "one");
    wallTime = new Date(Date.now() + 3 * 86_400_000).toISOString();
    // A POST that comes soon enough after another may go on its connection.
    for (const socket of worker.open) socket.destroy();
    const [known] = proxy.pool("web").workers.values();
    await until(() => known?.idle.length === 0, "the end of the connections from before");
    assert.equal(await ask(post), "one");
    assert.deepEqual(
      worker.heard.map(({ resumed }) => resumed),
      [false, true, false],
    );
  },
);

const impostors: [what: string, files: (authority: TestAuthority) => IssuedFiles, code: RegExp][] = [
  ["signed by itself", (authority) => authority.selfSigned("web.internal"), /SELF_SIGNED/],
  ["for another name", (authority) => authority.issue(["other.internal"]), /ALTNAME_INVALID/],
  [
    "expired",
    (authority) => authority.issue(["web.internal"], { validFromDays: -9, validToDays: -1 }),
    /EXPIRED/,
  ],
];

for (const [what, files, code] of impostors) {
  test(`a worker with a certificate ${what} gets no request`, { skip }, async (context) => {
    const { authority, serve, ask, proxy, evidence } = await start(context);
    const worker = await secureWorker(context, files(authority), "impostor");
    serve(trusting(authority), testWorkerRow(worker.port, { serverName: "web.internal" }));
    assert.equal(await ask(post), "503 no-live-worker");
    assert.deepEqual(worker.heard, []);
    assert.match(Object.keys(proxy.report().tls?.workersFailed ?? {}).join(), code);
    assert.equal(evidence[0]?.kind, "refused");
  });
}

test("another worker takes what an impostor may not have, also a POST", { skip }, async (context) => {
  const { authority, serve, ask } = await start(context);
  const impostor = await secureWorker(context, authority.selfSigned("web.internal"), "impostor");
  const worker = await secureWorker(context, authority.issue(["web.internal"]), "one");
  serve(
    trusting(authority, { serverName: "web.internal" }),
    testWorkerRow(impostor.port, { weight: 1000 }),
    testWorkerRow(worker.port, { weight: 0.001 }),
  );
  assert.equal(await ask(post), "one");
  assert.deepEqual(impostor.heard, []);
});

test(
  "an authority of Node's own is none of the configured ones, and the other way round",
  { skip },
  async (context) => {
    const { authority, serve, ask } = await start(context);
    const worker = await secureWorker(context, authority.issue(["127.0.0.1"]), "one");
    serve({ verify: true }, testWorkerRow(worker.port));
    assert.equal(await ask(), "503 no-live-worker");
    const other = new TestAuthority(context);
    serve(trusting(other), testWorkerRow(worker.port, { generation: 2 }));
    assert.equal(await ask(), "503 no-live-worker");
  },
);

test("without verification any certificate will do", { skip }, async (context) => {
  const { authority, serve, ask } = await start(context);
  const worker = await secureWorker(context, authority.selfSigned("whoever.test"), "one");
  serve({ verify: false }, testWorkerRow(worker.port));
  assert.equal(await ask(), "one");
});

test(
  "a file of authorities that cannot be read means nobody, never the system's",
  { skip },
  async (context) => {
    const { authority, serve, ask } = await start(context);
    const worker = await secureWorker(context, authority.issue(["127.0.0.1"]), "one");
    const tls = trusting(authority);
    rmSync(authority.ca);
    serve(tls, testWorkerRow(worker.port));
    assert.equal(await ask(), "503 no-live-worker");
  },
);

test("a worker that speaks in clear is none of a service with TLS", { skip }, async (context) => {
  const { authority, serve, ask, worker } = await start(context);
  const plain = (await worker()).answerAll("in clear");
  serve(trusting(authority), testWorkerRow(plain.port));
  const asked = ask();
  const peer = await plain.connection();
  await until(() => peer.receivedBytes > 0, "a hello");
  peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  assert.equal(await asked, "503 no-live-worker");
  assert.doesNotMatch(peer.received, /example\.com/);
});

test("a service that gets TLS by a new table sends nothing more in clear", { skip }, async (context) => {
  const { authority, serve, ask, worker } = await start(context);
  const plain = (await worker()).answerAll("in clear");
  serve(undefined, testWorkerRow(plain.port));
  assert.equal(await ask(), "in clear");
  serve(trusting(authority), testWorkerRow(plain.port));
  const [first] = plain.connections;
  await first?.gone();
  const asked = ask();
  await until(() => plain.connections.length === 2, "another connection");
  plain.connections[1]?.close();
  assert.equal(await asked, "503 no-live-worker");
});

test("a fault of TLS amid an answer without a length is no end of it", { skip }, async (context) => {
  const { authority, serve, client } = await start(context);
  const worker = await secureWorker(
    context,
    authority.issue(["127.0.0.1"]),
    "x",
    "HTTP/1.1 200 OK\r\n\r\npart",
  );
  const between: Socket[] = [];
  // Somebody on the way who passes everything on, and then adds something.
  const onTheWay = createRelay((socket) => {
    const onward = connect(worker.port, "127.0.0.1");
    socket.pipe(onward).pipe(socket, { end: false });
    socket.on("error", () => {});
    socket.on("close", () => onward.destroy());
    onward.on("error", () => {});
    between.push(socket);
  });
  onTheWay.listen(0, "127.0.0.1");
  await once(onTheWay, "listening");
  context.after(() => {
    onTheWay.close();
    for (const socket of between) socket.destroy();
  });
  serve(trusting(authority), testWorkerRow((onTheWay.address() as AddressInfo).port));
  const me = await client();
  me.send(get);
  await me.take("part\r\n");
  // A record that nobody with the keys can have made.
  between[0]?.write(Buffer.concat([Buffer.from([23, 3, 3, 0, 40]), Buffer.alloc(40)]));
  await until(() => me.closed, "the end");
  assert.doesNotMatch(me.received, /0\r\n\r\n/);
  assert.equal(me.error?.code, "ECONNRESET");
});
