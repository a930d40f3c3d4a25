import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { testingClock } from "../../worker/testing-clock.ts";
import { DeafWorker } from "../testing/testing-deaf-worker.ts";
import { type TestWorker, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, startTestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";

const asked = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const late = /^HTTP\/1\.1 504 [^]*x-skein-reason: head-timeout/;

/** A route that waits for 100 ms, in virtual time; each worker takes one request at once. */
async function impatientRoute(context: TestContext, count = 1) {
  const clock = testingClock();
  const test = await proxyWithWorkers(
    context,
    count,
    { routes: [testRoute({ headTimeoutMs: 100 })], services: [testService({ maxInFlight: 1 })] },
    clock,
  );
  const me = await test.client();
  const [worker] = test.workers;
  assert.ok(worker !== undefined);
  return { ...test, clock, me, worker };
}

/** The worker that has the request, and another. */
async function askedAndOther(workers: readonly TestWorker[]) {
  const isAsked = ({ connections }: TestWorker): boolean =>
    connections.some(({ received }) => received !== "");
  await until(() => workers.some(isAsked), "a worker has it");
  const [first, second] = workers.toSorted((one, other) => Number(isAsked(other)) - Number(isAsked(one)));
  assert.ok(first !== undefined && second !== undefined);
  return { first, second };
}

test("what a request waits in the queue, it waits less for its answer; a worker is not blamed for what it had not", async (context) => {
  const { client, clock, me, worker, proxy } = await impatientRoute(context);
  me.send(asked("/first"));
  const peer = await worker.connection();
  assert.match(await peer.head(), /^GET \/first [^]*x-skein-budget: 100\r\n/);
  const second = await client();
  second.send(asked("/second"));
  await until(() => proxy.pool("web").line.length === 1, "it waits");
  clock.advance(80);
  peer.send(ok);
  assert.match(await peer.head(), /^GET \/second [^]*x-skein-budget: 20\r\n/);
  clock.advance(40);
  assert.match((await second.message()).head, late);
  assert.deepEqual(
    [...proxy.pool("web").workers.values()].map(({ counters }) => [counters.answers, counters.errors]),
    [[1, 0]],
  );
});

test("a repetition has what the first try left of the time, and a worker that had all of it is blamed", async (context) => {
  const { clock, me, workers, proxy } = await impatientRoute(context, 2);
  me.send(asked("/"));
  const { first, second } = await askedAndOther(workers);
  clock.advance(40);
  first.connections[0]?.reset();
  const peer = await second.connection();
  assert.match(await peer.head(), /x-skein-budget: 60\r\n[^]*x-skein-attempt: 1\r\n/);
  clock.advance(80);
  assert.match((await me.message()).head, late);
  assert.equal(proxy.pool("web").workers.get(`w-${second.port}`)?.counters.errors, 1);
});

test("whose time is over when its worker is lost goes to no other", async (context) => {
  const { clock, me, workers } = await impatientRoute(context, 2);
  me.send(asked("/"));
  const { first, second } = await askedAndOther(workers);
  const now = clock.now();
  // The wheel has not turned yet.
  clock.now = () => now + 100;
  first.connections[0]?.reset();
  assert.match((await me.message()).head, /^HTTP\/1\.1 502 [^]*x-skein-reason: worker-reset/);
  assert.equal(second.connections.length, 0);
});

test("while the client is what is waited for, the time of the answer has not begun", async (context) => {
  const { clock, me, worker } = await impatientRoute(context);
  me.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n");
  const peer = await worker.connection();
  await peer.head();
  for (const part of ["a", "b"]) {
    clock.advance(150);
    me.send(part);
    await peer.take(part);
  }
  clock.advance(60);
  peer.send(ok);
  assert.equal((await me.message()).body, "ok");
});

test(
  "a worker that takes no connection has the route's time, and no more",
  { skip: process.platform !== "linux" && "drops what comes to a full queue as Linux does" },
  async (context) => {
    const clock = testingClock();
    const { client, table, proxy } = await startTestProxy(context, clock);
    const deaf = await DeafWorker.start();
    context.after(() => deaf.close());
    table({ routes: [testRoute({ headTimeoutMs: 100 })], workers: [testWorkerRow(deaf.port)] });
    const me = await client();
    me.send(asked("/"));
    await until(() => deaf.unanswered > 0, "it connects");
    clock.advance(120);
    assert.match((await me.message()).head, /^HTTP\/1\.1 504 [^]*x-skein-reason: connect-timeout/);
    const [record] = proxy.requestLog.find({ kept: "failed", limit: 1 });
    assert.deepEqual([record?.tries[0]?.outcome, record?.tries[0]?.rule], ["connect-timeout", "deadline"]);
  },
);
