import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { DueWheel } from "./due-wheel.ts";

test("everything is taken once, never early, and at most one slot late", () => {
  const times = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 100 });
  const steps = fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(times, steps, (dueTimes, gaps) => {
      const wheel = new DueWheel<number>(20, 0);
      for (const at of dueTimes) wheel.put(at, at);
      let now = 0;
      const taken: number[] = [];
      for (const gap of [...gaps, 10_000]) {
        now += gap;
        for (const at of wheel.take(now)) {
          assert.ok(at <= now);
          taken.push(at);
        }
        for (const at of dueTimes) if (at <= now - 20) assert.ok(taken.includes(at));
      }
      assert.deepEqual(
        [...taken].sort((a, b) => a - b),
        [...dueTimes].sort((a, b) => a - b),
      );
      assert.ok(wheel.empty);
    }),
  );
});

test("what is put in the past is taken next, what is never due is not kept", () => {
  const wheel = new DueWheel<string>(20, 1_000);
  wheel.put("past", 10);
  wheel.put("never", Number.POSITIVE_INFINITY);
  assert.deepEqual(wheel.take(1_020), ["past"]);
  assert.ok(wheel.empty);
});
