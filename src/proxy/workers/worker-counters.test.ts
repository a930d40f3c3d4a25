import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkerCounters } from "./worker-counters.ts";

test("answers by their time, errors by their class, and what never came", () => {
  const counters = new WorkerCounters();
  counters.answered(200, 1);
  counters.answered(503, 30);
  counters.answered(200, 60_000);
  counters.failed();
  const { answers, errors, latency } = counters.report("orders", "a");
  assert.deepEqual([answers, errors], [4, 2]);
  assert.deepEqual(latency, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
});
