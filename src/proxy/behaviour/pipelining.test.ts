import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import type { ClientSide } from "../exchange/sides.ts";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers } from "../testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test("requests sent ahead are answered in their order", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get("/1") + get("/2") + get("/3"));
  const worker = await workers[0]!.connection();
  for (const path of ["1", "2", "3"]) {
    assert.match(await worker.head(), new RegExp(`^GET /${path} `));
    worker.send(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${path}`);
    assert.equal((await me.message()).body, path);
  }
  assert.equal(workers[0]!.connections.length, 1);
});

test("a bad request among them: what came before is answered first, then 400 and the end", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  const me = await client();
  me.send(`${get("/1")}GET /2 HTTP/1.1\r\nHost: x\r\nBad : 1\r\n\r\n${get("/3")}`);
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
  assert.equal((await me.message()).body, "1");
  assert.match(
    (await me.message()).head,
    /^HTTP\/1\.1 400 [^]*x-skein-reason: bad-request[^]*Connection: close/,
  );
  await me.gone();
  assert.equal(me.received, "");
  assert.equal(worker.received, "");
  assert.deepEqual(proxy.report().problems, { "bad-request": 1 });
});

test("a refusal by the gateway among them stands in its place, and the rest is served", async (context) => {
  const { client, workers, table } = await proxyWithWorkers(context);
  const match = { ...testRoute().match, path: { kind: "prefix", path: "/known" } as const };
  table({ routes: [testRoute({ match })], workers: [testWorkerRow(workers[0]!.port)] });
  const me = await client();
  me.send(get("/known/1") + get("/unknown") + get("/known/3") + get("/unknown"));
  const worker = await workers[0]!.connection();
  assert.match(await worker.head(), /^GET \/known\/1 /);
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
  assert.equal((await me.message()).body, "1");
  assert.match((await me.message()).head, /^HTTP\/1\.1 404 [^]*x-skein-reason: no-route/);
  assert.match(await worker.head(), /^GET \/known\/3 /);
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3");
  assert.equal((await me.message()).body, "3");
  assert.match((await me.message()).head, /^HTTP\/1\.1 404 /);
});

test("a worker lost under one of them: 502 in its place, and the rest is served", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(`${get("/1")}POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi${get("/3")}`);
  const first = await workers[0]!.connection();
  await first.head();
  first.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
  assert.equal((await me.message()).body, "1");
  const second = await workers[0]!.connection();
  await second.take("hi");
  second.reset();
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown/);
  assert.match(await first.head(), /^GET \/3 /);
  first.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3");
  assert.equal((await me.message()).body, "3");
});

test("an answer cut amid its body ends the connection: the next one would stand in its place", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get("/1") + get("/2"));
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart");
  await me.take("part");
  worker.reset();
  await until(() => me.closed, "cut");
  assert.equal(me.received, "");
  // Another connection, if any, only asks whether the worker is there.
  assert.ok(workers[0]!.connections.every((peer) => peer.received === ""));
});

test("answers that their client does not read hold up its next requests", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context);
  const size = 64 * 1024;
  workers[0]!.answerAll("x".repeat(size));
  const me = await client();
  me.keepText = false;
  me.socket.pause();
  const count = 2000;
  me.send(get("/").repeat(count));
  const requests = (): number => proxy.report().services["web"]?.requests ?? 0;
  let last = -1;
  let turns = 0;
  await until(() => {
    turns = requests() === last ? turns + 1 : 0;
    last = requests();
    return last > 0 && turns > 50;
  }, "no more is begun");
  assert.ok(last < count / 2, `${last} answers went somewhere`);
  me.socket.resume();
  await until(() => requests() === count && me.receivedBytes > count * size, "all of it", 30_000);
});

test("a client that never reads its answers is cut off", async (context) => {
  const { client, workers, proxy } = await proxyWithWorkers(context, 1, {
    timeouts: { stalledClientMs: 100 },
  });
  workers[0]!.answerAll("x".repeat(64 * 1024));
  const me = await client();
  me.socket.pause();
  me.send(get("/").repeat(1000));
  await until(() => proxy.report().connections.open === 0, "cut off");
  assert.equal(proxy.report().services["web"]?.inFlight, 0);
});

test("a thousand requests ahead, all answered by the gateway itself", async (context) => {
  const { client, table } = await proxyWithWorkers(context);
  table({ routes: [] });
  const me = await client();
  const count = 1000;
  me.send(get("/x").repeat(count));
  await until(() => me.received.split("no-route\r\n").length - 1 === count, "all answers");
});

/** What the proxy holds for a client: in the stream of its end of the connection, or for the kernel to take. */
function heldFor(clientsPort: number): number {
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  const end = handles.find((one): one is Socket => one instanceof Socket && one.remotePort === clientsPort);
  const { _handle } = end as unknown as { _handle?: { writeQueueSize: number } | null };
  return (end?.writableLength ?? 0) + (_handle?.writeQueueSize ?? 0);
}

test("thousands of short requests, all answered at length by the gateway itself: their client takes them, or is held up", async (context) => {
  const { client, proxy } = await proxyWithWorkers(context);
  const count = 5_000;
  const me = await client();
  me.socket.pause();
  me.send("GET /%2f HTTP/1.1\r\nHost:a\r\nAccept:text/html\r\n\r\n".repeat(count));
  const answered = (): number => proxy.report().problems["bad-path"] ?? 0;
  let last = -1;
  let most = 0;
  let turns = 0;
  await until(() => {
    most = Math.max(most, heldFor(me.socket.localPort!));
    turns = answered() === last ? turns + 1 : 0;
    last = answered();
    return last > 0 && turns > 50;
  }, "no more is begun");
  assert.ok(last < count, "all of it went somewhere");
  assert.ok(most < 300_000, `${most} bytes are held for a client that does not read`);
  me.socket.resume();
  await until(() => answered() === count && me.received.endsWith(`</html>\n`), "all answers");
  const ids = Array.from(me.received.matchAll(/^x-request-id: (\S+)/gm), ([, id]) => id);
  assert.deepEqual(
    ids,
    Array.from({ length: count }, (_, at) => `test-${(at + 1).toString(36)}`),
  );
});

test("more than 64 KiB ahead: the client is not read any further until its turn comes", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  const request = `GET / HTTP/1.1\r\nHost: x\r\nX-Fill: ${"f".repeat(8000)}\r\n\r\n`;
  const count = 2000;
  me.send(request.repeat(count));
  const worker = await workers[0]!.connection();
  await worker.head();
  await until(() => me.socket.writableLength > 0, "the client is held up");
  workers[0]!.onConnection(worker);
  let answered = 1;
  worker.send("HTTP/1.1 204 No Content\r\n\r\n");
  worker.socket.on("data", () => {
    for (let at = worker.received.indexOf("\r\n\r\n"); at !== -1; at = worker.received.indexOf("\r\n\r\n")) {
      worker.received = worker.received.slice(at + 4);
      answered += 1;
      worker.send("HTTP/1.1 204 No Content\r\n\r\n");
    }
  });
  me.keepText = false;
  await until(() => answered === count, "every request answered", 30_000);
});

test("a limit of requests: the last answer says that the connection closes", async (context) => {
  const { client, workers } = await proxyWithWorkers(context, 1, { limits: { requestsPerConnectionMax: 2 } });
  workers[0]!.answerAll("ok");
  const me = await client();
  me.send(get("/1") + get("/2") + get("/3"));
  assert.doesNotMatch((await me.message()).head, /Connection: close/);
  assert.match((await me.message()).head, /Connection: close/);
  await me.gone();
  assert.equal(me.received, "");
});

test("`OPTIONS *` goes on as it is where the route rewrites paths, also behind another request", async (context) => {
  const route = testRoute({ rewrite: { prefix: "/", with: "/app" } });
  const { client, workers } = await proxyWithWorkers(context, 1, { routes: [route] });
  const star = "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n";
  const me = await client();
  me.send(star + get("/1") + star);
  const worker = await workers[0]!.connection();
  for (const line of ["OPTIONS \\*", "GET /app/1", "OPTIONS \\*"]) {
    assert.match(await worker.head(), new RegExp(`^${line} HTTP/1.1\r\n`));
    worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert.equal((await me.message()).body, "ok");
  }
});

test("a fault of ours in a request that comes ahead costs its own connection, and nothing else", async (context) => {
  const test = await proxyWithWorkers(context, 1, { routes: [testRoute({ headTimeoutMs: 50 })] });
  const [me, other] = [await test.client(), await test.client()];
  const { exchanges } = test.proxy;
  const take = exchanges.take.bind(exchanges);
  context.mock.method(exchanges, "take", (client: ClientSide) => {
    const exchange = take(client);
    const begin = exchange.begin.bind(exchange);
    context.mock.method(exchange, "begin", (...given: Parameters<typeof begin>) => {
      if (given[0].path === "/fault") throw new Error("a fault of ours");
      begin(...given);
    });
    return exchange;
  });
  // The wheel answers the first: what it calls has nobody above it to catch anything.
  me.send(get("/1") + get("/fault"));
  assert.match(await me.head(), /^HTTP\/1\.1 504 /);
  await until(() => me.closed, "the connection to be cut");
  other.send(get("/2"));
  assert.match(await other.head(), /^HTTP\/1\.1 504 /);
  assert.equal(test.proxy.report().problems["internal"], 1);
});

test("requests that give way one for the other, as many as like", async (context) => {
  const clients = 1_000;
  const route = testRoute({ priority: { use: "normal", header: "x-priority" }, headTimeoutMs: 60_000 });
  const service = testService({ maxInFlight: 1, queue: { max: clients, waitMs: 60_000 } });
  const test = await proxyWithWorkers(context, 1, { routes: [route], services: [service] });
  const waiting = (): number => test.proxy.report().services["web"]?.overload?.waiting ?? 0;
  const first = await test.client();
  first.send(get("/"));
  await (await test.workers[0]!.connection()).head();
  const low = "GET /low HTTP/1.1\r\nHost: x\r\nx-priority: sheddable\r\n\r\n";
  const all = await Promise.all(Array.from({ length: clients }, () => test.client()));
  for (const one of all) one.send(low + get("/normal"));
  await until(() => waiting() === clients, "all to wait");
  const last = await test.client();
  last.send(get("/last"));
  await until(
    () => all.every(({ received }) => received.includes("x-skein-reason: displaced")),
    "all to give way",
  );
  assert.equal(waiting(), clients);
  assert.equal(test.proxy.report().problems["internal"], undefined);
  for (const one of [...all, last, first]) one.close();
  await until(() => test.proxy.report().connections.open === 0, "all to be gone");
  assert.deepEqual([waiting(), test.proxy.report().services["web"]?.inFlight], [0, 0]);
});
