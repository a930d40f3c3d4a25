import assert from "node:assert/strict";
import { test } from "node:test";
import { BySubset } from "./by-subset.ts";

test("the whole service has one, and each name its own until the names are forgotten", () => {
  const made: (string | undefined)[] = [];
  const by = new BySubset((subset) => made.push(subset));
  const asked = (): number[] => [undefined, "canary", "stable", "canary"].map((subset) => by.of(subset));
  assert.deepEqual(asked(), [1, 2, 3, 2]);
  by.forgetNames();
  assert.deepEqual(asked(), [1, 4, 5, 4]);
  assert.deepEqual(made, [undefined, "canary", "stable", "canary", "stable"]);
});
