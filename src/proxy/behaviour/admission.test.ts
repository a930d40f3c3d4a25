import assert from "node:assert/strict";
import { test } from "node:test";
import type { RateLimit, Route, Service } from "../../protocol/configuration.ts";
import type { Clock } from "../../runtime/clock.ts";
import { testingClock } from "../../worker/testing-clock.ts";
import { type TestPeer, type TestWorker, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, startTestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const whoIsThere = "OPTIONS * HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async function fullService(
  context: Parameters<typeof startTestProxy>[0],
  queue: { max: number; waitMs: number },
) {
  const test = await startTestProxy(context);
  const worker = await test.worker();
  test.table({
    services: [testService({ maxInFlight: 1, queue })],
    workers: [testWorkerRow(worker.port)],
  });
  const first = await test.client();
  first.send(get);
  const peer = await worker.connection();
  await peer.head();
  return { ...test, worker, peer, first };
}

test("when all are full a request waits for its turn", async (context) => {
  const { client, peer, first, worker } = await fullService(context, { max: 10, waitMs: 60_000 });
  const second = await client();
  const third = await client();
  second.send(get.replace("/", "/2"));
  await until(() => second.socket.bytesWritten > 0, "sent");
  peer.send(ok);
  await first.message();
  assert.match(await peer.head(), /^GET \/2 /);
  third.send(get.replace("/", "/3"));
  peer.send(ok);
  assert.equal((await second.message()).body, "ok");
  assert.match(await peer.head(), /^GET \/3 /);
  peer.send(ok);
  await third.message();
  assert.equal(worker.connections.length, 1);
});

const asked = (path: string, fields = ""): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
const criticalOne = asked("/critical", "x-priority: critical\r\n");
const subsets: NonNullable<Service["subsets"]> = { canary: { version: "2", otherwise: "none" } };
const byHeader = { use: "normal", header: "x-priority", raise: true } as const;
const canaryRoute = testRoute({
  name: "/canary/*",
  match: { ...testRoute().match, path: { kind: "prefix", path: "/canary" } },
  to: [{ service: "web", subset: "canary", weight: 1 }],
  priority: byHeader,
});

/** One worker with one place, which is taken, and these requests in the line, one after the other; `/canary/` is for its subset. */
async function lineOf(
  context: Parameters<typeof startTestProxy>[0],
  service: Parameters<typeof testService>[0],
  requests: string[],
) {
  const test = await startTestProxy(context);
  const worker = await test.worker();
  test.table({
    routes: [canaryRoute, testRoute({ priority: byHeader })],
    services: [testService({ maxInFlight: 1, queue: { max: 10, waitMs: 60_000 }, subsets, ...service })],
    workers: [testWorkerRow(worker.port, { version: "2" })],
  });
  const clients = [];
  for (const [at, request] of [asked("/first"), ...requests].entries()) {
    const client = await test.client();
    client.send(request);
    await until(() => (test.proxy.report().services["web"]?.requests ?? 0) === at + 1, "it has come");
    clients.push(client);
  }
  const peer = await worker.connection();
  return { ...test, peer, clients };
}

test("the queue is bounded", async (context) => {
  const { client } = await lineOf(context, { queue: { max: 1, waitMs: 60_000 } }, [
    asked("/critical", "x-priority: critical\r\n"),
  ]);
  const third = await client();
  third.send(get);
  assert.match(
    (await third.message()).head,
    /^HTTP\/1\.1 503 [^]*x-skein-reason: queue-full[^]*Retry-After: 1/,
  );
});

test("a critical request goes before those that wait", async (context) => {
  const critical = "x-priority: critical\r\n";
  const { peer } = await lineOf(context, {}, [asked("/normal"), asked("/critical", critical)]);
  assert.match(await peer.head(), /^GET \/first /);
  for (const path of ["critical", "normal"]) {
    peer.send(ok);
    assert.match(await peer.head(), new RegExp(`^GET /${path} `));
  }
});

/** Two requests are on a worker that serves two at once, and may have three; then these come, one after the other. */
async function crowded(context: Parameters<typeof startTestProxy>[0], requests: string[], waitMs = 60_000) {
  const test = await startTestProxy(context);
  const worker = await test.worker();
  test.table({
    routes: [testRoute({ priority: byHeader })],
    services: [testService({ queue: { max: 10, waitMs } })],
    workers: [testWorkerRow(worker.port)],
  });
  const pool = test.proxy.pool("web");
  const send = async (request: string): Promise<TestPeer> => {
    const before = pool.counters.requests;
    const client = await test.client();
    client.send(request);
    await until(() => pool.counters.requests === before + 1, "it has come");
    return client;
  };
  const clients = [await send(asked("/first"))];
  const limit = [...pool.workers.values()][0]?.limit;
  assert.ok(limit !== undefined);
  Object.assign(limit, { max: 2.4, turn: 0.99 });
  for (const request of [asked("/second"), ...requests]) clients.push(await send(request));
  return { worker, pool, clients, send };
}

/** The next that is no question about its silence; these are answered. */
async function nextRequest(worker: TestWorker) {
  for (;;) {
    const peer = await worker.connection();
    const head = await peer.head();
    if (head.startsWith("GET ")) return { peer, head };
    peer.send(ok);
  }
}

test("a critical request waits until a worker serves it at once; others go in meanwhile only behind it", async (context) => {
  const { worker } = await crowded(context, [criticalOne, asked("/third")]);
  const [first, second] = [await nextRequest(worker), await nextRequest(worker)];
  assert.match(first.head + second.head, /^GET \/first [^]*GET \/second /);
  second.peer.send(ok);
  const { head } = await nextRequest(worker);
  assert.match(head + (await nextRequest(worker)).head, /^GET \/critical [^]*GET \/third /);
});

test("where several critical requests wait, the first of them takes any place", async (context) => {
  const critical = (path: string): string => asked(path, "x-priority: critical\r\n");
  const { worker } = await crowded(context, [critical("/one"), critical("/two")]);
  const heads = [];
  for (let at = 0; at < 3; at += 1) heads.push((await nextRequest(worker)).head);
  assert.match(heads.join(), /^GET \/first [^]*GET \/second [^]*GET \/one /);
});

test("a critical request that waited for room leaves: those that it held up go", async (context) => {
  const { worker, pool, clients } = await crowded(context, [criticalOne, asked("/third")]);
  for (let at = 0; at < 2; at += 1) await nextRequest(worker);
  assert.equal(pool.line.length, 2);
  clients[2]?.close();
  assert.match((await nextRequest(worker)).head, /^GET \/third /);
});

test("a critical request that has waited for room for as long as it may takes any place", async (context) => {
  const { worker, pool } = await crowded(context, [criticalOne], 60);
  for (let at = 0; at < 2; at += 1) await nextRequest(worker);
  assert.match((await nextRequest(worker)).head, /^GET \/critical /);
  assert.equal(pool.counters.shed, 0);
});

test("whose time is over while a critical request waits for room takes the place that is left", async (context) => {
  const { worker, pool, clients, send } = await crowded(context, [asked("/third"), asked("/normal")], 600);
  for (let at = 0; at < 3; at += 1) await nextRequest(worker);
  // Its own time is to be over later.
  await new Promise((resolve) => setTimeout(resolve, 200));
  await send(criticalOne);
  assert.equal(pool.line.length, 2);
  clients[2]?.close();
  assert.match((await nextRequest(worker)).head, /^GET \/normal /);
  assert.equal(pool.counters.shed, 0);
});

test("a critical request takes the place of one that can be shed", async (context) => {
  const { clients, peer } = await lineOf(context, { queue: { max: 1, waitMs: 60_000 } }, [
    asked("/shed", "x-priority: sheddable\r\n"),
    asked("/critical", "x-priority: critical\r\n"),
  ]);
  assert.match(
    (await clients[1]?.message())?.head ?? "",
    /^HTTP\/1\.1 503 [^]*x-skein-reason: displaced[^]*Retry-After: 1/,
  );
  assert.match(await peer.head(), /^GET \/first /);
  peer.send(ok);
  assert.match(await peer.head(), /^GET \/critical /);
});

test("the higher class goes first, also of those that wait for a subset", async (context) => {
  const { peer } = await lineOf(context, {}, [
    asked("/shed", "x-priority: sheddable\r\n"),
    asked("/canary/normal"),
    asked("/normal"),
    asked("/canary/critical", "x-priority: critical\r\n"),
  ]);
  for (const path of ["first", "canary/critical", "normal", "canary/normal", "shed"]) {
    assert.match(await peer.head(), new RegExp(`^GET /${path} `));
    peer.send(ok);
  }
});

test("those that wait for a subset and those that wait for any worker take turns", async (context) => {
  const paths = ["/one", "/two", "/three", "/canary/1", "/canary/2"];
  const { peer } = await lineOf(
    context,
    {},
    paths.map((path) => asked(path)),
  );
  for (const path of ["first", "one", "canary/1", "two", "canary/2", "three"]) {
    assert.match(await peer.head(), new RegExp(`^GET /${path} `));
    peer.send(ok);
  }
});

test("tenants take turns", async (context) => {
  const of = (tenant: string): string => `x-tenant: ${tenant}\r\n`;
  const { peer } = await lineOf(context, { fairBy: { from: "header", name: "x-tenant" } }, [
    asked("/greedy1", of("greedy")),
    asked("/greedy2", of("greedy")),
    asked("/polite", of("polite")),
  ]);
  assert.match(await peer.head(), /^GET \/first /);
  for (const path of ["greedy1", "polite", "greedy2"]) {
    peer.send(ok);
    assert.match(await peer.head(), new RegExp(`^GET /${path} `));
  }
});

test("a request whose time is over reaches no worker", async (context) => {
  const { client, table, worker: newWorker } = await startTestProxy(context);
  const worker = await newWorker();
  const impatient = {
    hosts: [],
    path: { kind: "exact", path: "/second" },
    methods: [],
    headers: [],
    query: [],
  };
  table({
    routes: [
      testRoute({ name: "/second", match: impatient as Route["match"], headTimeoutMs: 40 }),
      testRoute(),
    ],
    services: [testService({ maxInFlight: 1, queue: { max: 10, waitMs: 60_000 } })],
    workers: [testWorkerRow(worker.port)],
  });
  const [first, second, third] = [await client(), await client(), await client()];
  first.send(asked("/first"));
  const peer = await worker.connection();
  second.send(asked("/second"));
  assert.match((await second.message()).head, /^HTTP\/1\.1 503 [^]*x-skein-reason: queue-timeout/);
  third.send(asked("/third"));
  assert.match(await peer.head(), /^GET \/first /);
  peer.send(ok);
  assert.match(await peer.head(), /^GET \/third /);
});

test("nobody waits for too long", async (context) => {
  const { client } = await fullService(context, { max: 1, waitMs: 40 });
  const second = await client();
  second.send(get);
  assert.match((await second.message()).head, /^HTTP\/1\.1 503 [^]*x-skein-reason: queue-timeout/);
});

test("a request that finds no worker is served when one comes within the wait", async (context) => {
  const { client, table, worker: newWorker, proxy } = await startTestProxy(context);
  table({ workers: [], timeouts: { noWorkerWaitMs: 60_000 } });
  const me = await client();
  me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  await until(() => proxy.report().services["web"]?.inFlight === 1, "waits");
  const worker = await newWorker();
  table({ workers: [testWorkerRow(worker.port)] });
  const peer = await worker.connection();
  await peer.take("hi");
  peer.send(ok);
  assert.equal((await me.message()).body, "ok");
});

test("an upload waits with its request: beyond what may be held, the client is not read", async (context) => {
  const { client, table, worker: newWorker } = await startTestProxy(context);
  table({ workers: [], timeouts: { noWorkerWaitMs: 60_000 } });
  const me = await client();
  const size = 32 * 1024 * 1024;
  me.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
  me.send(Buffer.alloc(size, "x"));
  await until(() => me.socket.bytesWritten > 100_000, "some is sent");
  const worker = await newWorker();
  worker.onConnection = (peer) => (peer.keepText = false);
  table({ workers: [testWorkerRow(worker.port)] });
  const peer = await worker.connection();
  await until(() => peer.receivedBytes > size, "all of it", 30_000);
  peer.send(ok);
  assert.equal((await me.message()).body, "ok");
});

test("too many connections: the next one is told so and closed", async (context) => {
  const { client, proxy } = await proxyWithWorkers(context, 1, { limits: { connectionsMax: 1 } });
  await client();
  await until(() => proxy.report().connections.open === 1, "accepted");
  const second = await client();
  await second.take("x-skein-reason: too-many-connections");
  await second.gone();
  assert.equal(proxy.report().connections.refused, 1);
});

test("one address has so many connections and no more, but for that of a trusted proxy", async (context) => {
  const { client, proxy, table } = await proxyWithWorkers(context, 1, {
    limits: { connectionsPerAddressMax: 2 },
  });
  const [first] = [await client(), await client()];
  await until(() => proxy.report().connections.open === 2, "accepted");
  const third = await client();
  await third.take("x-skein-reason: too-many-connections");
  await third.gone();
  first.close();
  await until(() => proxy.report().connections.open === 1, "the first one's end");
  const again = await client();
  again.send(whoIsThere);
  assert.match(await again.head(), /^HTTP\/1\.1 \d/);
  // Behind a trusted proxy are many clients.
  table({ proxy: { trustedProxies: ["127.0.0.0/8"] }, limits: { connectionsPerAddressMax: 2 } });
  const more = await client();
  more.send(whoIsThere);
  assert.match(await more.head(), /^HTTP\/1\.1 \d/);
  assert.equal(proxy.report().connections.refused, 1);
});

test("hints say what to do, and only where they are on", async (context) => {
  const { client, table } = await startTestProxy(context);
  table({ routes: [], proxy: { hints: true } });
  const me = await client();
  me.send("GET /pay HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.match((await me.message()).body, /skein route test GET \/pay/);
  table({ routes: [testRoute()], workers: [], timeouts: { noWorkerWaitMs: 0 } });
  me.send(get);
  assert.doesNotMatch((await me.message()).body, /hint/);
});

const twoEach = {
  requests: 2,
  perMs: 3_600_000,
  burst: 2,
  key: { from: "header", name: "x-tenant" },
} as const;

/** `limit` puts a table in force; `askAs` asks for a tenant, and gives the answer's head. */
async function limitedProxy(context: Parameters<typeof startTestProxy>[0], clock?: Clock) {
  const { client, table, worker: newWorker } = await startTestProxy(context, clock);
  const worker = await newWorker();
  worker.onConnection = (peer) => peer.socket.on("data", () => peer.send(ok));
  const me = await client();
  return {
    limit: (rateLimit: RateLimit) =>
      void table({ routes: [testRoute({ rateLimit })], workers: [testWorkerRow(worker.port)] }),
    askAs: async (tenant: string): Promise<string> => {
      me.send(asked("/", `x-tenant: ${tenant}\r\n`));
      return (await me.message()).head;
    },
  };
}

test("a client over its rate is told so, and when to come again; others are not", async (context) => {
  const { limit, askAs } = await limitedProxy(context);
  limit(twoEach);
  for (const time of ["first", "second"]) assert.match(await askAs("a"), /^HTTP\/1\.1 200/, time);
  // A table that says the same leaves the buckets as they are.
  limit(twoEach);
  assert.match(
    await askAs("a"),
    /^HTTP\/1\.1 429 [^]*x-skein-reason: rate-limited[^]*Retry-After: 1800\r\nRateLimit-Policy: "route";q=2;w=3600\r\nRateLimit: "route";r=0;t=1800/,
  );
  assert.match(await askAs("b"), /^HTTP\/1\.1 200/);
});

test("another limit counts from the table on that says it, and each client goes on as it was", async (context) => {
  const clock = testingClock();
  const { limit, askAs } = await limitedProxy(context, clock);
  limit(twoEach);
  for (let time = 0; time < 2; time += 1) await askAs("a");
  limit({ ...twoEach, perMs: 7_200_000 });
  assert.match(await askAs("a"), /^HTTP\/1\.1 429 [^]*Retry-After: 3600\r\n/);
  limit({ ...twoEach, perMs: 2_000 });
  clock.advance(1_500);
  assert.match(await askAs("a"), /^HTTP\/1\.1 200/);
  assert.match(await askAs("a"), /^HTTP\/1\.1 429 [^]*Retry-After: 1\r\n/);
});

test("a large body of a connection's second request waits whole for its turn", async (context) => {
  const { client, peer, first } = await fullService(context, { max: 10, waitMs: 60_000 });
  peer.send(ok);
  await first.message();
  const second = await client();
  second.send(get.replace("/", "/2"));
  assert.match(await peer.head(), /^GET \/2 /);
  const body = `BEGIN${"a".repeat(200_000)}END`;
  first.send(`PUT /3 HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  // More than is held for a request: the rest waits with its client.
  const third = await client();
  third.send(get.replace("/", "/4"));
  await until(() => third.socket.bytesWritten > 0, "sent");
  peer.send(ok);
  await second.message();
  assert.match(await peer.head(), /^PUT \/3 /);
  assert.equal(await peer.take("END"), body);
  peer.send(ok);
  assert.equal((await first.message()).body, "ok");
});
