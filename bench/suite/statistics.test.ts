import assert from "node:assert/strict";
import { test } from "node:test";
import { pairRatios, quantile, spreadOf } from "./statistics.ts";

test("the middle of an odd number of values is one of them, of an even number the mean of two", () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3, count: 3 });
  assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, least: 1, most: 4, count: 4 });
  assert.deepEqual(spreadOf([7]), { median: 7, least: 7, most: 7, count: 1 });
  assert.equal(spreadOf([]), undefined);
});

test("a quantile is a value that was measured", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(quantile(hundred, 0.5), 50);
  assert.equal(quantile(hundred, 0.99), 99);
  assert.equal(quantile(hundred, 0.999), 100);
  assert.equal(quantile(hundred, 0), 1);
  assert.equal(quantile(Float64Array.of(5), 0.99), 5);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test("ratios are of pairs of the same round", () => {
  const ours = [
    { round: 1, value: 2 },
    { round: 2, value: 9 },
    { round: 3, value: 6 },
  ];
  const theirs = [
    { round: 3, value: 3 },
    { round: 1, value: 4 },
  ];
  assert.deepEqual(pairRatios(ours, theirs), [0.5, 2]);
  assert.deepEqual(pairRatios(ours, []), []);
});
