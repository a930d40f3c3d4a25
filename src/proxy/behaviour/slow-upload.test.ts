import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { ok, overLink } from "../testing/testing-linked.ts";
import { until } from "../testing/testing-peers.ts";
import { proxyWithWorkers, type TestProxy } from "../testing/testing-proxy.ts";

const beginning = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc";
const rest = "x".repeat(97);
const early = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
/** So long a client takes for its upload. */
const slowMs = 20_000;

/** Time goes on by itself, and as far again as the test says. */
function pushedClock() {
  let pushed = 0;
  return { ...systemClock, now: () => systemClock.now() + pushed, push: () => void (pushed += slowMs) };
}

/** Of the only worker. */
function counts({ proxy }: TestProxy): { answers: number; timed: number; latencySumMs: number } {
  const [worker] = proxy.report().workers ?? [];
  assert.ok(worker !== undefined);
  const { answers, latency, latencySumMs = 0 } = worker;
  return { answers, timed: latency.reduce((sum, count) => sum + count, 0), latencySumMs };
}

function assertNotBlamed(test: TestProxy, before: number): void {
  const { answers, timed, latencySumMs } = counts(test);
  assert.deepEqual([answers - before, timed - before], [2, 1], "an early answer says nothing of its pace");
  assert.ok(latencySumMs < slowMs / 2, `${latencySumMs} ms`);
}

test("what a client takes for its upload is not the worker's time", async (t) => {
  const clock = pushedClock();
  const proxy = await proxyWithWorkers(t, 1, {}, clock);
  const [one, other] = [await proxy.client(), await proxy.client()];
  const atWorker = [];
  // Both at once: one soon after the other might come on the same connection.
  for (const client of [one, other]) {
    client.send(beginning);
    const worker = await proxy.workers[0]!.connection();
    await worker.take("abc");
    atWorker.push(worker);
  }
  clock.push();
  one.send(rest);
  await atWorker[0]?.take(rest);
  atWorker[0]?.send(ok);
  assert.equal((await one.message()).body, "ok");
  atWorker[1]?.send(early);
  assert.match(await other.head(), / 413 /);
  assertNotBlamed(proxy, 0);
});

test("nor is it over a link", async (t) => {
  const clock = pushedClock();
  const proxy = await overLink(t, clock);
  const before = counts(proxy).answers;
  proxy.talk.send(beginning);
  const stream = await proxy.link.stream(1);
  await until(() => stream.bodyBytes === 3, "the beginning");
  clock.push();
  proxy.talk.send(rest);
  await until(() => stream.ended, "the rest");
  stream.answer(ok);
  assert.equal((await proxy.talk.message()).body, "ok");
  proxy.talk.send(beginning);
  const next = await proxy.link.stream(2);
  await until(() => next.bodyBytes === 3, "the next one's beginning");
  clock.push();
  next.answer(early);
  assert.match(await proxy.talk.head(), / 413 /);
  assertNotBlamed(proxy, before);
});
