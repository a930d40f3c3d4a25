import assert from "node:assert/strict";
import { test } from "node:test";
import { expectedNow, newLatency, observeLatency, peakNow, recentNow } from "./latency.ts";

test("the peak rises at once, and falls slowly", () => {
  const latency = newLatency(0);
  observeLatency(latency, 10, 0);
  assert.equal(latency.peakMs, 10);
  observeLatency(latency, 200, 5);
  assert.equal(latency.peakMs, 200);
  observeLatency(latency, 10, 6);
  assert.ok(latency.peakMs > 199);
  observeLatency(latency, 10, 10_006);
  assert.ok(Math.abs(latency.peakMs - (10 + 190 / Math.E)) < 0.1, String(latency.peakMs));
});

test("the usual value is the first answer's, and then each answer is an eighth of it", () => {
  const latency = newLatency(0);
  observeLatency(latency, 10, 0);
  assert.equal(latency.recentMs, 10);
  observeLatency(latency, 90, 5);
  assert.equal(latency.recentMs, 20);
  assert.equal(recentNow(latency, 5), 20);
  assert.equal(expectedNow(latency, 5), Math.sqrt(90 * 20));
});

test("silence makes a worker cheaper, and looking does not change it", () => {
  const latency = newLatency(0);
  observeLatency(latency, 100, 0);
  for (const now of [peakNow, recentNow, expectedNow]) {
    assert.equal(now(latency, 0), 100);
    assert.ok(Math.abs(now(latency, 10_000) - 100 / Math.E) < 1e-9);
  }
  assert.equal(latency.peakMs, 100);
});

test("a clock that seems to step back does no harm", () => {
  const latency = newLatency(100);
  observeLatency(latency, 10, 100);
  observeLatency(latency, 5, 50);
  assert.equal(latency.peakMs, 10);
  assert.equal(peakNow(latency, 0), 10);
});
