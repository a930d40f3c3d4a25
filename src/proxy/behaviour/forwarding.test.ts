import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, startTestProxy } from "../testing/testing-proxy.ts";
import { testWorkerRow } from "../testing/testing-table.ts";

const get = "GET /a?b=1 HTTP/1.1\r\nHost: example.com\r\nX-Own: 1\r\n\r\n";

test("a request is forwarded, its answer comes back, and both connections serve again", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get);
  const worker = await workers[0]!.connection();
  const head = await worker.head();
  assert.match(head, /^GET \/a\?b=1 HTTP\/1\.1\r\nHost: example\.com\r\nX-Own: 1\r\n/);
  assert.match(head, /X-Forwarded-For: 127\.0\.0\.1\r\n/);
  assert.match(head, /X-Request-Id: test-1\r\n/);
  assert.match(head, /Via: 1\.1 skein\r\n/);
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const answer = await me.message();
  assert.match(answer.head, /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(answer.body, "hello");
  me.send(get);
  await worker.head();
  worker.send("HTTP/1.1 204 No Content\r\n\r\n");
  assert.match(await me.head(), /^HTTP\/1\.1 204 /);
  assert.equal(workers[0]!.connections.length, 1);
});

test("before the first table, and without a route, the gateway says why", async (context) => {
  const { client, table } = await startTestProxy(context);
  const me = await client();
  me.send(get);
  const early = await me.message();
  assert.match(early.head, /^HTTP\/1\.1 503 [^]*x-skein-reason: not-ready\r\n/);
  table({ routes: [] });
  me.send(get);
  const late = await me.message();
  assert.match(late.head, /^HTTP\/1\.1 404 [^]*application\/problem\+json[^]*x-skein-reason: no-route\r\n/);
  assert.equal((JSON.parse(late.body) as { code: string }).code, "no-route");
});

test("without a live worker: 503 with Retry-After once the wait is over", async (context) => {
  const { client, table } = await startTestProxy(context);
  table({ workers: [], timeouts: { noWorkerWaitMs: 30 } });
  const me = await client();
  me.send(get);
  const answer = await me.message();
  assert.match(answer.head, /^HTTP\/1\.1 503 [^]*x-skein-reason: no-live-worker\r\n[^]*Retry-After: \d/);
});

test("a request body arrives whole, by length and in chunks with trailers", async (context) => {
  const { client, workers } = await proxyWithWorkers(context);
  const me = await client();
  me.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234");
  const worker = await workers[0]!.connection();
  assert.match(await worker.head(), /Content-Length: 10\r\n/);
  me.send("56789");
  assert.equal(await worker.take("9"), "0123456789");
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  await me.head();
  me.send(
    "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n",
  );
  // On a connection of its own, unless the worker was heard on the first one within this very millisecond.
  const { connections } = workers[0]!;
  await until(() => connections.some((peer) => peer.received.includes("/b")), "the second request");
  const second = connections.find((peer) => peer.received.includes("/b"))!;
  assert.match(await second.head(), /Transfer-Encoding: chunked\r\n/);
  assert.equal(await second.take("X-Sum: 1\r\n\r\n"), "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n");
  second.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;q\r\nwxyz\r\n0\r\nX-End: 2\r\n\r\n");
  assert.match(await me.head(), /Transfer-Encoding: chunked\r\n/);
  assert.equal(await me.take("X-End: 2\r\n\r\n"), "4\r\nwxyz\r\n0\r\nX-End: 2\r\n\r\n");
});

test("a worker that refuses is left out, and its request goes to another one", async (context) => {
  const { client, workers, evidence } = await proxyWithWorkers(context, 2);
  workers[1]!.answerAll("alive");
  workers[0]!.server.close();
  for (let sent = 0; sent < 20; sent += 1) {
    const me = await client();
    me.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert.equal((await me.message()).body, "alive");
  }
  assert.equal(evidence.filter((item) => item.kind === "refused").length, 1);
});

test("a GET whose worker is killed under it is answered by another one", async (context) => {
  const { client, workers, table, worker: newWorker } = await proxyWithWorkers(context);
  const me = await client();
  me.send(get);
  const first = await workers[0]!.connection();
  await first.head();
  const other = (await newWorker()).answerAll("other");
  table({ workers: [testWorkerRow(workers[0]!.port), testWorkerRow(other.port)] });
  workers[0]!.kill();
  assert.equal((await me.message()).body, "other");
});

test("a POST whose worker is killed under it gets 502 outcome-unknown, and is not repeated", async (context) => {
  const { client, workers, table, worker: newWorker } = await proxyWithWorkers(context);
  const me = await client();
  me.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  const first = await workers[0]!.connection();
  await first.take("hi");
  const other = (await newWorker()).answerAll("other");
  table({ workers: [testWorkerRow(workers[0]!.port), testWorkerRow(other.port)] });
  workers[0]!.kill();
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: outcome-unknown\r\n/);
  assert.equal(other.connections.length, 0);
});
