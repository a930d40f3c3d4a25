import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { buildWeightedTable, drawFrom } from "./weighted-table.ts";

test("the table's probabilities are the weights' shares", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(weights, (given) => {
      const table = buildWeightedTable(given);
      const probability = given.map(() => 0);
      for (const [slot, keep] of table.keep.entries()) {
        probability[slot] = (probability[slot] ?? 0) + keep / given.length;
        const alias = table.alias[slot] ?? 0;
        probability[alias] = (probability[alias] ?? 0) + (1 - keep) / given.length;
      }
      const total = given.reduce((sum, weight) => sum + weight, 0);
      for (const [at, weight] of given.entries()) {
        assert.ok(Math.abs((probability[at] ?? 0) - weight / total) < 1e-9);
      }
    }),
  );
});

test("every chance below 1 draws a position that exists", () => {
  const table = buildWeightedTable([1, 5, 2]);
  for (const chance of [0, 0.333_333, 0.5, 0.999_999_999_999_999_9]) {
    assert.ok([0, 1, 2].includes(drawFrom(table, chance)));
  }
});
