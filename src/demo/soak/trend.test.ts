import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../runtime/random.ts";
import { steepness, trendOf } from "./trend.ts";

const minute = 60_000;
const points = (count: number, value: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => ({ atMs: index * 10_000, value: value(index) }));

test("a line is found as it is", () => {
  // From 100 to 120 in 20 minutes: 10 in ten minutes, of a mean of 110.
  const trend = trendOf(points(121, (index) => 100 + (20 * index) / 120));
  assert.ok(trend !== undefined);
  assert.ok(Math.abs(trend.growth - 10 / 110) < 1e-9);
  assert.ok(trend.standardError < 1e-9);
  assert.ok(Math.abs(trend.mean - 110) < 1e-9);
  assert.equal(steepness(trend), "grows");
});

test("what shrinks or stays does not grow", () => {
  for (const slope of [0, -1]) {
    const trend = trendOf(points(50, (index) => 1000 + slope * index));
    assert.equal(trend && steepness(trend), "flat");
  }
});

test("a leak is told from noise much larger than it", () => {
  const random = seededRandom(5);
  const noisy = (leak: number) => trendOf(points(120, (index) => 100 + leak * index + 4 * (random() - 0.5)));
  // In twenty minutes: nothing, and 6 percent.
  const flat = noisy(0);
  const leaking = noisy(0.05);
  assert.equal(flat && steepness(flat), "flat");
  assert.equal(leaking && steepness(leaking), "grows");
});

test("the line is drawn at one percent; where the points scatter too much for it, that is said", () => {
  const of = (growth: number, standardError: number) => steepness({ growth, standardError, mean: 1 });
  assert.equal(of(0.01, 0.004), "flat");
  assert.equal(of(0.011, 0.009), "grows");
  assert.equal(of(0.009, 0.009), "flat");
  assert.equal(of(0.03, 0.02), "unknown");
  assert.equal(of(0, 0.011), "unknown");
  // However much they scatter.
  assert.equal(of(0.5, 0.02), "grows");
  assert.equal(of(-0.5, 0.02), "flat");
});

test("neither a shift in time nor a scale changes the trend", () => {
  const values = fc.array(fc.double({ min: 1, max: 1000, noNaN: true }), { minLength: 3, maxLength: 50 });
  fc.assert(
    fc.property(
      values,
      fc.integer({ min: 0, max: 100 * minute }),
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      (list, shiftMs, scale) => {
        const one = trendOf(points(list.length, (index) => list[index] ?? 0));
        const moved = points(list.length, (index) => (list[index] ?? 0) * scale);
        const other = trendOf(moved.map(({ atMs, value }) => ({ atMs: atMs + shiftMs, value })));
        assert.ok(one !== undefined && other !== undefined);
        assert.ok(Math.abs(one.growth - other.growth) < 1e-6 * (1 + Math.abs(one.growth)));
      },
    ),
  );
});

test("too few points have no trend", () => {
  assert.equal(trendOf([]), undefined);
  assert.equal(trendOf(points(2, () => 1)), undefined);
});
