import assert from "node:assert/strict";
import { test } from "node:test";
import { dueAt, dueCount } from "./schedule.ts";

const schedule = { startAt: 100, perSecond: 5_000, count: 10 };

test("an arrival is due from its time on, and never more than there are", () => {
  assert.equal(dueCount(schedule, 99.9), 0);
  assert.equal(dueCount(schedule, 100), 1);
  assert.equal(dueCount(schedule, 100.19), 1);
  assert.equal(dueCount(schedule, 1000), 10);
  for (let index = 0; index < schedule.count; index += 1) {
    assert.equal(dueCount(schedule, dueAt(schedule, index)), index + 1);
  }
});
