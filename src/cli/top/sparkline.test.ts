import assert from "node:assert/strict";
import { test } from "node:test";
import { sparkline } from "./sparkline.ts";

test("the last values, against the highest of them", () => {
  assert.equal(sparkline([100, 0, 7, undefined, 14], 4), "▁▅ █");
  assert.equal(sparkline([0, 0], 4), "  ▁▁");
  assert.equal(sparkline([], 3), "   ");
});
