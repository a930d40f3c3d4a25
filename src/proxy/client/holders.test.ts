import assert from "node:assert/strict";
import { test } from "node:test";
import { Holders } from "./holders.ts";

test("each holds so many and no more, and what nobody holds any more is forgotten", () => {
  const held = new Holders();
  assert.deepEqual(
    ["a", "a", "b", "a"].map((holder) => held.take(holder, 2)),
    [true, true, true, false],
  );
  held.release("a");
  assert.equal(held.take("a", 2), true);
  for (const holder of ["a", "a", "b"]) held.release(holder);
  assert.equal(held.size, 0);
});
