import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { DeafWorker } from "../testing/testing-deaf-worker.ts";
import { type TestPeer, until } from "../testing/testing-peers.ts";
import { fastClock, proxyWithWorkers, type TestProxy } from "../testing/testing-proxy.ts";
import { type TestTableParts, testWorkerRow } from "../testing/testing-table.ts";
import type { Worker } from "../workers/worker.ts";

const get = (fields = ""): string => `GET /it HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
const needs = { skip: process.platform !== "linux" && "drops what comes to a full queue as Linux does" };

/** A worker that no connection reaches, and is to be tried by the next request; beside it one that is sound. */
async function scene(
  context: TestContext,
  timeouts: TestTableParts["timeouts"] = {},
  clock = systemClock,
): Promise<TestProxy & { deaf: DeafWorker; tried: Worker; me: TestPeer }> {
  const test = await proxyWithWorkers(context, 1, {}, clock);
  const alive = test.workers[0]!.answerAll("alive");
  const deaf = await DeafWorker.start();
  context.after(() => deaf.close());
  test.table({ timeouts, workers: [testWorkerRow(deaf.port), testWorkerRow(alive.port)] });
  const { watch, workers } = test.proxy.pool("web");
  const tried = workers.get(`w-${deaf.port}`)!;
  const now = clock.now();
  watch.setHealth(tried, { kind: "probation", cause: "failing", since: now, ejections: 1, tried: false });
  return { ...test, deaf, tried, me: await test.client() };
}

for (const [what, fields, end] of [
  ["its client leaves", "", (me: TestPeer) => me.close()],
  ["its time is over", "x-skein-budget: 40\r\n", () => {}],
] as const) {
  test(`a canary that is not connected yet when ${what}: the next request is one`, needs, async (context) => {
    // Time is slow here: nobody is asked meanwhile.
    const { deaf, tried, me, client, evidence } = await scene(context, {}, fastClock(0.2));
    me.send(get(fields));
    await until(() => deaf.unanswered > 0, "a connect to the deaf worker");
    end(me);
    await until(() => tried.inFlight === 0, "the end of the request");
    assert.deepEqual(evidence, []);
    deaf.wake();
    const next = await client();
    next.send(get());
    assert.equal((await next.message()).body, "deaf");
    assert.equal(tried.health.kind, "ok");
    assert.ok(tried.canary === undefined);
  });
}

for (const [what, request, answer, afterMs] of [
  ["an early hint", "", "103 Early Hints", 0],
  // Whose body is still to come finds out only where nobody else does.
  ["the word to go on", "Content-Length: 9\r\nExpect: 100-continue\r\n", "100 Continue", 10_500],
] as const) {
  test(`a canary whose client leaves after ${what}: the next request is one`, async (context) => {
    const clock = fastClock(10);
    const { table, proxy, workers, client } = await proxyWithWorkers(context, 2, {}, clock);
    const [worker, other] = workers;
    other!.answerAll("other");
    table({ workers: workers.map(({ port }) => testWorkerRow(port)) });
    const { watch, workers: known } = proxy.pool("web");
    const tried = known.get(`w-${worker!.port}`)!;
    const since = clock.now();
    watch.setHealth(tried, { kind: "probation", cause: "failing", since, ejections: 1, tried: false });
    const me = await client();
    await until(() => clock.now() - since >= afterMs, "its turn");
    me.send(`PUT /it HTTP/1.1\r\nHost: x\r\n${request}\r\n`);
    const peer = await worker!.connection();
    await peer.head();
    peer.send(`HTTP/1.1 ${answer}\r\n\r\n`);
    await me.head();
    me.close();
    await until(() => tried.inFlight === 0, "the end of the request");
    worker!.answerAll("tried");
    const next = await client();
    next.send(get());
    assert.equal((await next.message()).body, "tried");
    assert.equal(tried.health.kind, "ok");
  });
}

test("a canary that gets no connection in time: its worker is out for longer", needs, async (context) => {
  // Less than what a second connect is tried after.
  const { tried, me, evidence } = await scene(context, { connectMs: 250 }, fastClock(0.5));
  me.send(get());
  assert.equal((await me.message()).body, "alive");
  assert.ok(tried.canary === undefined);
  assert.ok(tried.health.kind === "out" && tried.health.ejections === 2, tried.health.kind);
  assert.deepEqual(
    evidence.map(({ kind }) => kind),
    ["connect-timeout"],
  );
});

test("a canary whose connect is slow: its worker is asked meanwhile", needs, async (context) => {
  const { tried, me } = await scene(context, { connectMs: 60_000 });
  me.send(get());
  assert.equal((await me.message()).body, "alive");
  assert.ok(tried.canary === undefined);
  assert.ok(tried.health.kind === "out" && tried.health.ejections === 2, tried.health.kind);
});

test("a worker that waits for its canary, and whose connection ends meanwhile, waits for it still", async (context) => {
  const { table, proxy, workers, client } = await proxyWithWorkers(context, 2);
  for (const worker of workers) worker.answerAll("alive");
  table({ workers: workers.map(({ port }) => testWorkerRow(port)) });
  const { watch, workers: known } = proxy.pool("web");
  const tried = known.get(`w-${workers[0]!.port}`)!;
  const since = systemClock.now();
  watch.setHealth(tried, { kind: "probation", cause: "failing", since, ejections: 1, tried: false });
  watch.linkEnded(tried, false);
  await until(() => !tried.probing, "the answer to the question whether it is there");
  const me = await client();
  me.send(get());
  await me.message();
  assert.equal(tried.health.kind, "ok");
});

for (const [cause, answeredBy] of [
  ["failing", "both"],
  ["stalled", "one"],
] as const) {
  test(`a service that gets nothing but POSTs: after a while one finds out of a worker that was ${cause}`, async (context) => {
    // Ten seconds are one.
    const clock = fastClock(10);
    const { table, proxy, workers, client } = await proxyWithWorkers(context, 2, {}, clock);
    for (const [index, worker] of workers.entries()) worker.answerAll(String(index));
    table({ workers: workers.map(({ port }) => testWorkerRow(port)) });
    const { watch, workers: known } = proxy.pool("web");
    const tried = known.get(`w-${workers[0]!.port}`)!;
    const since = clock.now();
    watch.setHealth(tried, { kind: "probation", cause, since, ejections: 1, tried: false });
    const me = await client();
    const seen = new Set<string>();
    while (seen.size < 2 && clock.now() - since < 30_000) {
      me.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
      seen.add((await me.message()).body);
    }
    assert.deepEqual([...seen].toSorted(), answeredBy === "both" ? ["0", "1"] : ["1"]);
    assert.equal(tried.health.kind, answeredBy === "both" ? "ok" : "probation");
  });
}
