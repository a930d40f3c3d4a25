import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { type PlainTime, PoolScene } from "../testing/testing-pool.ts";
import type { ServicePool } from "./service-pool.ts";

interface Scene {
  pool: ServicePool;
  time: PlainTime;
  /** A second in which each worker that may be chosen answers 20 times, the first in `slowMs`. */
  second: (slowMs: number) => void;
  /** Whether the first may be chosen. */
  isIn: () => boolean;
}

function scene(context: TestContext, ejectSlow: boolean): Scene {
  const service = ejectSlow ? { ejectSlow, slowStartMs: 10_000 } : {};
  const { pool, time } = new PoolScene(context, {
    service,
    workers: [{}, {}, {}, {}, {}],
    evidence: () => assert.fail("only this proxy goes by it"),
  });
  const candidates = pool.candidatesOf(undefined);
  const all = [...pool.workers.values()];
  return {
    pool,
    time,
    second(slowMs) {
      for (const worker of all.filter((each) => candidates.has(each))) {
        for (let answer = 0; answer < 20; answer += 1)
          pool.watch.answered(worker, 200, worker.id === "w-0" ? slowMs : 20, time.nowMs);
      }
      time.pass(1_100);
    },
    isIn: () => all.some((worker) => worker.id === "w-0" && candidates.has(worker)),
  };
}

test("ten times as slow: out within four seconds, back by one request, slowly; out at once when it is no better, and for longer", (context) => {
  const { pool, time, second, isIn } = scene(context, true);
  let seconds = 0;
  for (; isIn() && seconds < 10; seconds += 1) second(200);
  assert.ok(seconds <= 4, `${seconds}`);
  const worker = pool.workers.get("w-0");
  assert.ok(worker?.health.kind === "out" && worker.health.cause === "slow");
  assert.equal(worker.health.until - worker.health.since, 5_000);
  time.pass(5_100);
  assert.equal(isIn(), false, "only a canary may go to it");
  const canary = { mayBeCanary: true, isFirstTry: true, aim: { subset: undefined } } as Parameters<
    typeof pool.watch.takeCanary
  >[0];
  assert.equal(pool.watch.takeCanary(canary), worker);
  assert.equal(pool.watch.takeCanary(canary), undefined, "one request, and no second one");
  pool.watch.answered(worker, 200, 200, time.nowMs);
  assert.ok(isIn());
  assert.equal(worker.liveSince, time.nowMs, "it starts slowly");
  second(200);
  second(200);
  const { health } = worker;
  assert.ok(health.kind === "out" && health.until - health.since === 10_000);
});

test("half as fast, or slow where nobody asked for it: never out", (context) => {
  const half = scene(context, true);
  for (let at = 0; at < 60; at += 1) half.second(45);
  assert.ok(half.isIn());
  const off = scene(context, false);
  for (let at = 0; at < 10; at += 1) off.second(1_000);
  assert.ok(off.isIn());
});
