import assert from "node:assert/strict";
import { test } from "node:test";
import { FailedKeys } from "./failed-keys.ts";

/** One a second; 0: the worker gives a sound answer to somebody. */
const cases: [what: string, keys: number[], speaking: number][] = [
  ["each of many keys speaks", [1, 2, 3, 4, 5, 6, 7], 7],
  ["one key speaks once, however often it fails", [1, 1, 0, 1, 1, 1, 0, 1, 1, 1], 1],
  ["so does each of four that fail by turns", [1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 4, 3, 2, 1], 4],
  ["five by turns speak each time", [1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5], 10],
  ["one key speaks again where for five seconds nobody got a sound answer", [1, 1, 1, 1, 1, 1, 1], 3],
  ["not any more as soon as somebody does", [1, 1, 1, 1, 1, 1, 1, 0, 1, 1], 3],
];

for (const [what, keys, speaking] of cases) {
  test(what, () => {
    const failed = new FailedKeys();
    let sound = 0;
    const spoke = keys.filter((key, second) =>
      key === 0 ? void (sound += 1) : failed.speaks(key, sound, second * 1_000),
    );
    assert.equal(spoke.length, speaking);
  });
}
