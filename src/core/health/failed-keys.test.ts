import assert from "node:assert/strict";
import { test } from "node:test";
import { FailedKeys } from "./failed-keys.ts";

const cases: [what: string, keys: number[], speaking: number][] = [
  ["each of many keys speaks", [1, 2, 3, 4, 5, 6, 7], 7],
  ["one key speaks once, however often it fails", [1, 1, 1, 1, 1, 1], 1],
  ["so does each of four that fail by turns", [1, 2, 3, 4, 1, 2, 3, 4, 4, 3, 2, 1], 4],
  ["five by turns speak each time", [1, 2, 3, 4, 5, 1, 2, 3, 4, 5], 10],
];

for (const [what, keys, speaking] of cases) {
  test(what, () => {
    const failed = new FailedKeys();
    assert.equal(keys.filter((key) => failed.speaks(key)).length, speaking);
  });
}
