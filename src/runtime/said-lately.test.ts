import assert from "node:assert/strict";
import { test } from "node:test";
import { SaidLately } from "./said-lately.ts";

test("a complaint is said at once, then once a minute; another one at once", () => {
  let now = 5_000;
  const said = new SaidLately({ now: () => now });
  const saidAt: number[] = [];
  for (let tenths = 0; tenths < 1_300; tenths += 1) {
    if (said.mayBeSaid("the disk is full")) saidAt.push(tenths / 10);
    now += 100;
  }
  assert.deepEqual(saidAt, [0, 60, 120]);
  assert.equal(said.mayBeSaid("the file system can only be read"), true);
  assert.equal(said.mayBeSaid("the file system can only be read"), false);
  assert.equal(said.mayBeSaid("the disk is full"), true);
});
