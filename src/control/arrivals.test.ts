import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrivals } from "./arrivals.ts";

function burst(arrivals: Arrivals, count: number, from: number): (number | undefined)[] {
  return Array.from({ length: count }, (_, index) => arrivals.came(from + index / 10));
}

test("a few workers are no crowd", () => {
  const arrivals = new Arrivals();
  assert.ok(burst(arrivals, 250, 0).every((spreadMs) => spreadMs === undefined));
});

test("in a crowd the others are spread", () => {
  const spreads = burst(new Arrivals(), 1_000, 0);
  assert.deepEqual([spreads[249], spreads[250], spreads[999]], [undefined, 10_000, 10_000]);
});

test("it is a crowd in the second after it, and no longer", () => {
  const arrivals = new Arrivals();
  burst(arrivals, 1_000, 0);
  assert.equal(arrivals.came(1_500), 10_000);
  assert.equal(arrivals.came(2_600), undefined);
  burst(arrivals, 1_000, 10_000);
  assert.equal(arrivals.came(13_000), undefined);
});
