import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Clock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { seededRandom } from "../../runtime/random.ts";
import { Proxy } from "../proxy.ts";
import { testService, testTable, testWorkerRow } from "../testing/testing-table.ts";
import type { ServicePool } from "./service-pool.ts";

/** Virtual time; `pass` lets so much of it go by. */
function virtualClock(): Clock & { pass(ms: number): void } {
  let now = 1_000;
  const ticks: (() => void)[] = [];
  return {
    now: () => now,
    wallTime: () => "",
    after: () => ({ cancel() {} }),
    every(_ms, fire) {
      ticks.push(fire);
      return { cancel() {} };
    },
    afterPendingInput: (fire) => fire(),
    pass(ms) {
      for (let passed = 0; passed < ms; passed += 20) {
        now += 20;
        for (const tick of ticks) tick();
      }
    },
  };
}

interface Scene {
  pool: ServicePool;
  clock: ReturnType<typeof virtualClock>;
  /** A second in which each worker that may be chosen answers 20 times, the first in `slowMs`. */
  second: (slowMs: number) => void;
  /** Whether the first may be chosen. */
  isIn: () => boolean;
}

function scene(context: TestContext, ejectSlow: boolean): Scene {
  const clock = virtualClock();
  const proxy = new Proxy({
    name: "proxy-1",
    instance: "test",
    clock,
    random: seededRandom(7),
    logger: silentLogger,
    evidence: () => assert.fail("only this proxy goes by it"),
  });
  context.after(() => proxy.close());
  const workers = Array.from({ length: 5 }, (_, at) => testWorkerRow(at + 1, { id: `w-${at}` }));
  const service = testService(ejectSlow ? { ejectSlow, slowStartMs: 10_000 } : {});
  proxy.take({ kind: "full", table: testTable({ services: [service], workers }) });
  const pool = proxy.pool("web");
  const candidates = pool.candidatesOf(undefined);
  const all = [...pool.workers.values()];
  return {
    pool,
    clock,
    second(slowMs) {
      for (const worker of all.filter((each) => candidates.has(each))) {
        for (let answer = 0; answer < 20; answer += 1)
          pool.watch.answered(worker, 200, worker.id === "w-0" ? slowMs : 20, clock.now());
      }
      clock.pass(1_100);
    },
    isIn: () => all.some((worker) => worker.id === "w-0" && candidates.has(worker)),
  };
}

test("ten times as slow: out within four seconds, back by one request, slowly; out at once when it is no better, and for longer", (context) => {
  const { pool, clock, second, isIn } = scene(context, true);
  let seconds = 0;
  for (; isIn() && seconds < 10; seconds += 1) second(200);
  assert.ok(seconds <= 4, `${seconds}`);
  const worker = pool.workers.get("w-0");
  assert.ok(worker?.health.kind === "out" && worker.health.cause === "slow");
  assert.equal(worker.health.until - worker.health.since, 5_000);
  clock.pass(5_100);
  assert.equal(isIn(), false, "only a canary may go to it");
  const canary = { mayBeCanary: true, isFirstTry: true, aim: { subset: undefined } } as Parameters<
    typeof pool.watch.takeCanary
  >[0];
  assert.equal(pool.watch.takeCanary(canary), worker);
  assert.equal(pool.watch.takeCanary(canary), undefined, "one request, and no second one");
  pool.watch.answered(worker, 200, 200, clock.now());
  assert.ok(isIn());
  assert.equal(worker.liveSince, clock.now(), "it starts slowly");
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
