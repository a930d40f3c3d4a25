import assert from "node:assert/strict";
import { test } from "node:test";
import { spanOf } from "./looks.ts";

const rows: [looks: number[], from: number | undefined][] = [
  [[], undefined],
  [[0], undefined],
  [[0, 1_000], undefined],
  [[0, 1_000, 2_000], 0],
  [[0, 1_010, 1_990, 3_020], 1_010],
  [[0, 1_000, 9_000], undefined],
];

for (const [looks, from] of rows) {
  test(`looks at ${looks.join(", ") || "nothing"}: rates are over some two seconds, or unknown`, () => {
    assert.equal(spanOf(looks.map((at) => ({ at, proxies: new Map() })))?.before.at, from);
  });
}
