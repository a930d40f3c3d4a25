import assert from "node:assert/strict";
import { test } from "node:test";
import { freshAfter, leaseEndsAt, paceFor } from "./lease.ts";
import { TestWorker } from "./testing-worker.ts";

test("a lease runs from the last sign of life, or from the end of our own pause", () => {
  const { worker } = TestWorker.heartbeat(1_000);
  assert.equal(leaseEndsAt(worker, Number.NEGATIVE_INFINITY), 4_000);
  assert.equal(leaseEndsAt(worker, 2_500), 5_500);
  assert.equal(leaseEndsAt(TestWorker.configured(0).worker, 0), Number.POSITIVE_INFINITY);
});

test("a tick more than 250 ms late proves a pause", () => {
  assert.equal(freshAfter(5, 1_000, 1_250), 5);
  assert.equal(freshAfter(5, 1_000, 1_251), 1_251);
});

test("the pace slows down above 5,000 sessions", () => {
  const seconds = [0, 1, 5_000, 5_001, 10_000, 10_001, 50_000].map(
    (count) => paceFor(count).heartbeatEveryMs / 1_000,
  );
  assert.deepEqual(seconds, [1, 1, 1, 2, 2, 3, 10]);
  assert.deepEqual(paceFor(10_000), { heartbeatEveryMs: 2_000, ttlMs: 6_000 });
});
