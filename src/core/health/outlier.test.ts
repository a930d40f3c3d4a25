import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../runtime/random.ts";
import { afterFailure, afterSuccess, atTime, type LocalHealth, newHealth, returnsCold } from "./health.ts";
import { failsFarMore } from "./outlier.ts";
import { countOutcome, newRecentOutcomes, type RecentOutcomes } from "./recent-outcomes.ts";

function outcomes(total: number, failed: number): RecentOutcomes {
  const made = newRecentOutcomes(0);
  for (let at = 0; at < total; at += 1) countOutcome(made, 0, at < failed);
  return made;
}

const cases: [string, own: [number, number], all: [number, number], onTrial: boolean, expected: boolean][] = [
  ["one in five, the others none", [25, 5], [125, 5], false, true],
  ["all fail alike", [50, 10], [250, 50], false, false],
  ["all fail, it a little more", [50, 15], [250, 55], false, false],
  ["four failures are too few", [12, 4], [125, 4], false, false],
  ["nobody to compare it with", [100, 20], [110, 20], false, false],
  ["one in twenty-five is borne", [1000, 40], [5000, 40], false, false],
  ["others fail a little as well", [100, 20], [500, 32], false, true],
  ["two of ten once it was out", [10, 2], [500, 2], true, true],
  ["two of ten where it never was", [10, 2], [500, 2], false, false],
  ["one failure is never enough", [1, 1], [100, 1], true, false],
];
for (const [name, own, all, onTrial, expected] of cases) {
  test(`${name}: ${expected ? "an outlier" : "none"}`, () =>
    assert.equal(failsFarMore(outcomes(...own), outcomes(...all), onTrial, 0), expected));
}

test("what the service did over ten seconds ago is no measure", () => {
  const own = newRecentOutcomes(20_000);
  for (let at = 0; at < 50; at += 1) countOutcome(own, 20_000, at < 10);
  assert.equal(failsFarMore(own, outcomes(500, 0), false, 20_000), false);
});

interface Served {
  total: number;
  failed: number;
  /** When each worker went out. */
  wentOut: { worker: number; at: number }[];
}

/**
 * Five workers by turns, each with its share of failures, from `fromMs` on; the canary of one that may return is a request of a client.
 * A request that finds none is not counted.
 */
function serve(
  shares: readonly number[],
  perSecond: number,
  seconds: number,
  seed: number,
  fromMs = 0,
): Served {
  const random = seededRandom(seed);
  const ofService = newRecentOutcomes(0);
  const workers = shares.map((): { health: LocalHealth; liveSince: number } => ({
    health: newHealth(0),
    liveSince: -Infinity,
  }));
  const served: Served = { total: 0, failed: 0, wentOut: [] };
  for (let now = 0, turn = 0; now < seconds * 1_000; now += 1_000 / perSecond) {
    if (workers.every(({ health }) => atTime(health, now).kind === "out")) continue;
    let worker;
    do {
      worker = workers[(turn += 1) % workers.length];
      if (worker !== undefined) worker.health = atTime(worker.health, now);
    } while (
      worker === undefined ||
      worker.health.kind === "out" ||
      !mayHave(worker.liveSince, now, random())
    );
    const before = worker.health;
    const failed = now >= fromMs && random() < (shares[turn % shares.length] ?? 0);
    countOutcome(ofService, now, failed);
    worker.health = failed ? afterFailure(before, now, ofService) : afterSuccess(before, now);
    if (worker.health.kind === "ok" && returnsCold(before)) worker.liveSince = now;
    if (before.kind === "ok" && worker.health.kind === "out")
      served.wentOut.push({ worker: turn % shares.length, at: now });
    served.total += 1;
    if (failed) served.failed += 1;
  }
  return served;
}

const slowStartMs = 10_000;
const mayHave = (liveSince: number, now: number, drawn: number): boolean =>
  drawn < Math.max(0.1, Math.min(1, (now - liveSince) / slowStartMs));

test("a worker of five that fails one request in five is out within 2 s; in ten minutes 0.1 % fail", () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { wentOut, total, failed } = serve([0, 0, 0.2, 0, 0], 500, 600, seed);
    assert.ok((wentOut[0]?.at ?? Infinity) <= 2_000, `seed ${seed}: out at ${wentOut[0]?.at}`);
    assert.ok(wentOut.every(({ worker }) => worker === 2));
    assert.ok(failed / total <= 0.001, `seed ${seed}: ${failed} of ${total}`);
  }
});

test("a worker that begins to fail one request in five, after it was well: out within 2 s, whatever the load", () => {
  for (const perSecond of [200, 500, 5_000]) {
    for (let seed = 1; seed <= 5; seed += 1) {
      const { wentOut, failed } = serve([0, 0, 0.2, 0, 0], perSecond, 24, seed, 20_000);
      const at = wentOut[0]?.at ?? Infinity;
      assert.ok(wentOut[0]?.worker === 2 && at <= 22_000, `${perSecond}/s, seed ${seed}: out at ${at}`);
      assert.ok(failed <= 30, `${perSecond}/s, seed ${seed}: ${failed} failed`);
    }
  }
});

test("at 5,000 requests a second, of which one in fifty or twenty-five fails everywhere, none is taken out in five minutes", () => {
  for (const share of [0.02, 0.04]) {
    const { wentOut } = serve([share, share, share, share, share], 5_000, 300, 1);
    assert.deepEqual(wentOut, [], `share ${share}`);
  }
});

test("where every worker fails one request in fifty, or one in twenty, none is taken out", () => {
  for (const share of [0.02, 0.05]) {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { wentOut } = serve([share, share, share, share, share], 500, 60, seed);
      assert.deepEqual(wentOut, [], `seed ${seed}, share ${share}`);
    }
  }
});

test("at 5,000 requests a second, of which one in ten fails everywhere, none is taken out in five minutes, nor when that begins", () => {
  for (const fromMs of [0, 20_000]) {
    const { wentOut } = serve([0.1, 0.1, 0.1, 0.1, 0.1], 5_000, 300, 1, fromMs);
    assert.deepEqual(wentOut, [], `from ${fromMs} ms on`);
  }
});

test("where every request fails from one moment on, or every second one, none is taken out for it", () => {
  for (const share of [0.3, 0.5, 1]) {
    for (const perSecond of [50, 500, 5_000]) {
      const { wentOut } = serve([share, share, share, share, share], perSecond, 40, 1, 20_000);
      assert.deepEqual(wentOut, [], `share ${share}, ${perSecond}/s`);
    }
  }
});

/** Failures of the third worker until it is out. */
function failuresUntilOut(others: number, perSecond: number, seed: number): number {
  const { wentOut } = serve([others, others, 1, others, others], perSecond, 30, seed, 20_000);
  const at = wentOut.find(({ worker }) => worker === 2)?.at ?? Infinity;
  return Math.floor(((at - 20_000) * perSecond) / 5_000) + 1;
}

test("a worker that fails everything is out with its fifth failure, where the others fail nothing, whatever the load", () => {
  for (const perSecond of [5, 50, 500, 5_000]) assert.equal(failuresUntilOut(0, perSecond, 1), 5);
});

test("a worker that fails everything while one in ten fails at the others is out after a few more", () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const failures = failuresUntilOut(0.1, 5_000, seed);
    assert.ok(failures <= 20, `seed ${seed}: ${failures}`);
  }
});
