import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { newP99Estimator, observeForP99, p95Ms, p99Ms } from "./percentile.ts";

test("at most a quarter above the true percentile, never below it", () => {
  const times = fc.array(fc.double({ min: 0.2, max: 60_000, noNaN: true }), {
    minLength: 20,
    maxLength: 400,
  });
  fc.assert(
    fc.property(times, (given) => {
      const estimator = newP99Estimator(0);
      for (const time of given) observeForP99(estimator, time, 0);
      const sorted = given.toSorted((left, right) => left - right);
      for (const [share, told] of [
        [0.99, p99Ms(estimator)],
        [0.95, p95Ms(estimator)],
      ] as const) {
        const exact = sorted[Math.ceil(given.length * share) - 1] ?? 0;
        const estimated = told ?? 0;
        assert.ok(estimated >= exact * 0.999_999 && estimated <= exact * 1.251, `${estimated} for ${exact}`);
      }
    }),
  );
});

test("nothing to say below twenty observations", () => {
  const estimator = newP99Estimator(0);
  for (let step = 0; step < 19; step += 1) observeForP99(estimator, 1, 0);
  assert.equal(p99Ms(estimator), undefined);
  observeForP99(estimator, 1, 0);
  assert.ok((p99Ms(estimator) ?? 0) >= 1);
});

test("forgets: after a while a slow past no longer counts", () => {
  const estimator = newP99Estimator(0);
  for (let step = 0; step < 100; step += 1) observeForP99(estimator, 1000, 0);
  for (let step = 0; step < 1000; step += 1) observeForP99(estimator, 2, 100_000);
  assert.ok((p99Ms(estimator) ?? 0) < 3);
});
