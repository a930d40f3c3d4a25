import assert from "node:assert/strict";
import { test } from "node:test";
import { FairLine } from "./fair-line.ts";

test("who has many in the line has one turn among all holders; its own come in order", () => {
  const line = new FairLine<string>();
  for (let n = 1; n <= 100; n += 1) line.join("a", `a${n}`);
  line.join("b", "b1");
  line.join("c", "c1");
  line.join("b", "b2");
  const first = Array.from({ length: 6 }, () => line.next());
  assert.deepEqual(first, ["a1", "b1", "c1", "a2", "b2", "a3"]);
  line.join("c", "c2");
  const then = Array.from({ length: 99 }, () => line.next());
  assert.equal(then.indexOf("c2"), 1);
  assert.deepEqual([then.at(0), then.at(-2), then.at(-1)], ["a4", "a100", undefined]);
});

test("a line that was cleared is empty", () => {
  const line = new FairLine<number>();
  line.join("a", 1);
  line.clear();
  assert.equal(line.next(), undefined);
});
