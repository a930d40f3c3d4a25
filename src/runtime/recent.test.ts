import assert from "node:assert/strict";
import { test } from "node:test";
import { Recent } from "./recent.ts";

test("a peak is seen for fifteen values, then no more", () => {
  const recent = new Recent();
  assert.equal(recent.max, 0);
  recent.add(90);
  for (let count = 1; count < 15; count += 1) recent.add(1);
  assert.equal(recent.max, 90);
  recent.add(2);
  assert.equal(recent.max, 2);
});
