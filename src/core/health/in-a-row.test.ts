import assert from "node:assert/strict";
import { test } from "node:test";
import { tooManyInRow } from "./in-a-row.ts";

/** The failures in a row that are too many, by the share that fails at the others. */
const needed: [share: number, failures: number][] = [
  [0, 5],
  [0.02, 5],
  [0.05, 7],
  [0.1, 9],
  [0.2, 13],
  [0.5, 29],
  [0.9, 186],
];
for (const [share, failures] of needed) {
  test(`where ${share * 100} % fail at the others, ${failures} in a row are too many, and one less is not`, () =>
    assert.deepEqual([tooManyInRow(failures, share), tooManyInRow(failures - 1, share)], [true, false]));
}

test("where everything fails everywhere, no row says anything of one worker", () => {
  assert.equal(tooManyInRow(1e9, 1), false);
});
