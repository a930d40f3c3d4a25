import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { BucketClock } from "./bucket-clock.ts";

test("until the rules change it is the time that it is given", () => {
  const clock = new BucketClock();
  for (const now of [7, 1_000.3, 1e9]) assert.equal(clock.at(now, 500), now);
});

test("a whole bucket takes as long in it under any rules, and it never jumps", () => {
  const step = fc.record({ afterMs: fc.nat(1e6), fullMs: fc.integer({ min: 1, max: 1e7 }) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
      const clock = new BucketClock();
      const wholeMs = steps[0]?.fullMs ?? 0;
      let [now, before, expected] = [0, wholeMs, 0];
      for (const { afterMs, fullMs } of steps) {
        now += afterMs;
        expected += (afterMs * wholeMs) / before;
        const found = clock.at(now, fullMs);
        assert.ok(Math.abs(found - expected) <= 1e-9 * (1 + expected), `${found}, not ${expected}`);
        before = fullMs;
      }
    }),
  );
});
