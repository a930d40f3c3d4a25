import assert from "node:assert/strict";
import { test } from "node:test";
import { sortedBy } from "./sorted.ts";

test("what is unknown comes last, up and down", () => {
  const rows = [undefined, 2, 0, undefined, 1];
  const by = (row: number | undefined): number | undefined => row;
  assert.deepEqual(sortedBy(rows, by, false), [0, 1, 2, undefined, undefined]);
  assert.deepEqual(sortedBy(rows, by, true), [2, 1, 0, undefined, undefined]);
  assert.equal(sortedBy(rows, undefined, true), rows);
});
