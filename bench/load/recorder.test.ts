import assert from "node:assert/strict";
import { test } from "node:test";
import { Recorder } from "./recorder.ts";

test("a record is complete with its last answer, and tells both latency and lateness", () => {
  const recorder = new Recorder(100, 1_000);
  let complete = 0;
  recorder.onComplete = () => (complete += 1);
  for (let index = 0; index < 100; index += 1) recorder.taken(index === 0 ? -0.04 : 0.1);
  for (let index = 100; index > 0; index -= 1) {
    assert.equal(complete, 0);
    recorder.answered(index, 1_000 + 20 * (101 - index));
  }
  assert.equal(complete, 1);
  const { requests, seconds, latency } = recorder.record();
  assert.deepEqual([requests, seconds], [100, 2]);
  assert.deepEqual([latency.p50, latency.p99, latency.p999, latency.max], [50, 99, 100, 100]);
  assert.deepEqual([latency.lateP50, latency.lateP99, latency.lateMax], [0.1, 0.1, 0.1]);
});
