import assert from "node:assert/strict";
import { test } from "node:test";
import { latencyNow, newPeakEwma, observeLatency } from "./latency.ts";

test("rises at once, falls slowly", () => {
  const ewma = newPeakEwma(0);
  observeLatency(ewma, 10, 0);
  assert.equal(ewma.costMs, 10);
  observeLatency(ewma, 200, 5);
  assert.equal(ewma.costMs, 200);
  observeLatency(ewma, 10, 6);
  assert.ok(ewma.costMs > 199);
  observeLatency(ewma, 10, 10_006);
  assert.ok(Math.abs(ewma.costMs - (10 + 190 / Math.E)) < 0.1, String(ewma.costMs));
});

test("silence makes a worker cheaper, and looking does not change it", () => {
  const ewma = newPeakEwma(0);
  observeLatency(ewma, 100, 0);
  assert.equal(latencyNow(ewma, 0), 100);
  assert.ok(Math.abs(latencyNow(ewma, 10_000) - 100 / Math.E) < 1e-9);
  assert.equal(ewma.costMs, 100);
});

test("a clock that seems to step back does no harm", () => {
  const ewma = newPeakEwma(100);
  observeLatency(ewma, 10, 100);
  observeLatency(ewma, 5, 50);
  assert.equal(ewma.costMs, 10);
});
