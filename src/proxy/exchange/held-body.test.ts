import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldBody } from "./held-body.ts";

const bytesMax = 65_536;
const bytes = Buffer.alloc(100_000, "x");

test("is full with more than it may hold, and then still holds that", () => {
  const held = new HeldBody();
  held.begin();
  assert.equal(held.add(bytes, 0, bytesMax, bytesMax), true);
  assert.equal(held.full, false);
  assert.equal(held.add(bytes, 0, 1, bytesMax), false);
  assert.equal(held.full, true);
  assert.equal(Buffer.concat(held.chunks).length, bytesMax + 1);
  held.begin();
  assert.deepEqual([held.full, held.gone, held.chunks], [false, false, []]);
});

test("what was dropped is gone until the next request", () => {
  const held = new HeldBody();
  held.begin();
  held.add(bytes, 0, 10, bytesMax);
  held.drop();
  assert.deepEqual([held.gone, held.chunks], [true, []]);
  held.begin();
  assert.equal(held.gone, false);
});
