import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { attemptTimeoutMs, backoffMs, goneDelayMs, retryDelayMs, welcomeWithinMs } from "./backoff.ts";

test("the wait is below the doubling bound, never above the cap, and uses the whole of it", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (attempt, chance) => {
      const delay = retryDelayMs(attempt, chance);
      const bound = Math.min(backoffMs.cap, backoffMs.first * 2 ** attempt);
      assert.ok(delay >= 0 && delay < bound);
      assert.ok(Math.abs(delay - chance * bound) < 1e-6);
    }),
  );
});

test("an address that refused is tried seldom from the first time on", () => {
  assert.deepEqual([0, 0.5].map(goneDelayMs), [0, backoffMs.gone / 2]);
});

test("once a connection is open the welcome has five seconds, and never less than the attempt", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 99].map(welcomeWithinMs), [5000, 5000, 5000, 8000, 10_000, 10_000]);
});

test("an attempt gets one second, later more", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 99].map(attemptTimeoutMs), [1000, 2000, 4000, 8000, 10_000, 10_000]);
});
