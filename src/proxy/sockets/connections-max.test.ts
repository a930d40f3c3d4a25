import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionsMaxWithin } from "./connections-max.ts";

const rows: [filesMax: number, wanted: number, taken: number][] = [
  [Infinity, 20_000, 20_000],
  [1_048_576, 20_000, 20_000],
  [40_064, 20_000, 20_000],
  [40_062, 20_000, 19_999],
  [1_024, 20_000, 480],
  [1_024, 100, 100],
  [10, 20_000, 1],
];

for (const [filesMax, wanted, taken] of rows) {
  test(`${filesMax} files, ${wanted} clients wanted: ${taken}`, () => {
    assert.equal(connectionsMaxWithin(filesMax, wanted), taken);
  });
}
