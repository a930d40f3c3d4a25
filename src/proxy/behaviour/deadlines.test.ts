import assert from "node:assert/strict";
import { test } from "node:test";
import { cancelCause } from "../../link/link.ts";
import { testingClock } from "../../worker/testing-clock.ts";
import { TestLinkWorker } from "../testing/testing-link-worker.ts";
import { TestWorker, until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, startTestProxy } from "../testing/testing-proxy.ts";
import { testRoute, testService, testWorkerRow } from "../testing/testing-table.ts";

const get = (fields = ""): string => `GET / HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;
const toldBudget = (head: string): number => Number(/^x-skein-budget: (\d+)\r$/m.exec(head)?.[1]);

/** At the moment at which the request comes: nothing of it is over. */
const told: [what: string, fields: string, told: number][] = [
  ["nothing: the route's own time", "", 5_000],
  ["a longer time: the route's", "x-skein-budget: 99999\r\n", 5_000],
  ["a shorter time: what is left of it", "X-Skein-Budget: 4000\r\n", 4_000],
  ["gRPC's field: what is left of it", "grpc-timeout: 3S\r\n", 3_000],
  ["both: the shorter", "grpc-timeout: 4S\r\nx-skein-budget: 2000\r\n", 2_000],
  ["nonsense: the route's", "x-skein-budget: soon\r\n", 5_000],
];

for (const [what, fields, budget] of told) {
  test(`the client says ${what}`, async (t) => {
    const route = testRoute({ headTimeoutMs: 5_000 });
    const { client, workers } = await proxyWithWorkers(t, 1, { routes: [route] }, testingClock());
    const me = await client();
    me.send(get(fields));
    const head = await (await workers[0]!.connection()).head();
    assert.equal(head.match(/x-skein-budget/gi)?.length, 1, head);
    assert.equal(toldBudget(head), budget, head);
    assert.doesNotMatch(head, /x-skein-attempt/i);
  });
}

for (const [fields, told, bytes = 3] of [
  ["", "5000/"],
  // Of this one nothing is to come.
  ["", "5000", 0],
  ["x-skein-budget: 60000\r\n", "5000/60000"],
  ["x-skein-budget: 4000\r\n", "4000/4000"],
  ["x-skein-budget: 4000/\r\n", "4000/"],
] as const) {
  test(`a request with ${bytes} bytes of body behind its head, "${fields.trim()}": ${told}`, async (t) => {
    const route = testRoute({ headTimeoutMs: 5_000 });
    const { client, workers } = await proxyWithWorkers(t, 1, { routes: [route] }, testingClock());
    const me = await client();
    me.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${bytes}\r\n${fields}\r\n`);
    const head = await (await workers[0]!.connection()).head();
    assert.equal(/^x-skein-budget: (.*)\r$/m.exec(head)?.[1], told, head);
  });
}

test("time over at the worker: 504, the worker's request is cancelled, and nothing is held against it", async (t) => {
  const { client, workers, evidence, proxy } = await proxyWithWorkers(t);
  const me = await client();
  me.send(get("x-skein-budget: 60\r\n"));
  const worker = await workers[0]!.connection();
  await worker.head();
  assert.match((await me.message()).head, /^HTTP\/1\.1 504 [^]*x-skein-reason: head-timeout\r\n/);
  await worker.gone();
  assert.deepEqual(evidence, []);
  assert.equal([...proxy.pool("web").workers.values()][0]?.health.kind, "ok");
});

test("time over on a link: the stream is cancelled", async (t) => {
  const plain = (await new TestWorker().listen()).answerAll("http");
  const linked = await new TestLinkWorker().listen();
  t.after(() => {
    plain.close();
    linked.close();
  });
  const { table, client, proxy } = await startTestProxy(t);
  table({ workers: [testWorkerRow(plain.port, { link: linked.address })] });
  const me = await client();
  me.send(get());
  await me.message();
  const link = await linked.link();
  await until(() => proxy.statistics.links.open === 1, "the open link");
  me.send(get("x-skein-budget: 60\r\n"));
  const stream = await link.stream(1);
  assert.ok(toldBudget(stream.head) <= 60, stream.head);
  assert.match((await me.message()).head, /^HTTP\/1\.1 504 /);
  await until(() => stream.cancelled !== undefined, "the cancel");
  assert.equal(stream.cancelled, cancelCause.timeout);
});

test("time over while it waits for a worker: 504, and no worker ever sees it", async (t) => {
  const { client, workers, proxy } = await proxyWithWorkers(t, 1, {
    services: [testService({ maxInFlight: 1, queue: { max: 10, waitMs: 60_000 } })],
  });
  const first = await client();
  first.send(get());
  const worker = await workers[0]!.connection();
  await worker.head();
  const second = await client();
  second.send(get("x-skein-budget: 40\r\n"));
  const { head } = await second.message();
  assert.match(head, /^HTTP\/1\.1 504 [^]*x-skein-reason: deadline-passed\r\n/);
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  assert.equal((await first.message()).body, "ok");
  assert.equal(workers[0]!.connections.length, 1);
  assert.equal(worker.received, "");
  assert.equal(proxy.pool("web").counters.inFlight, 0);
});

test("no time left: 504, and nothing goes to a worker, not even a connection", async (t) => {
  const { client, workers } = await proxyWithWorkers(t);
  workers[0]!.answerAll("ok");
  const me = await client();
  me.send(get("x-skein-budget: 0\r\n"));
  assert.match((await me.message()).head, /^HTTP\/1\.1 504 [^]*x-skein-reason: deadline-passed\r\n/);
  me.send(get());
  assert.equal((await me.message()).body, "ok");
  assert.equal(workers[0]!.connections.length, 1);
});

test("an answer that has begun may take its time", async (t) => {
  const { client, workers } = await proxyWithWorkers(t);
  const me = await client();
  me.send(get("x-skein-budget: 50\r\n"));
  const worker = await workers[0]!.connection();
  await worker.head();
  worker.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
  await me.take("ab");
  const later = await client();
  later.send(get("x-skein-budget: 60\r\n"));
  // The time that began later is over.
  assert.match((await later.message()).head, /^HTTP\/1\.1 504 /);
  worker.send("cd");
  await me.take("cd");
});
