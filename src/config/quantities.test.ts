import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Issues } from "./issues.ts";
import { durationText, readDuration, readSize, sizeText } from "./quantities.ts";

const noIssues = { add: (_: unknown, text: string) => assert.fail(text) } as unknown as Issues;
const range = { min: 0, max: Number.MAX_SAFE_INTEGER };

test("a quantity as text is what it was, when it is read again", () => {
  const quantity = fc.oneof(
    fc.nat(),
    fc.nat(100_000).map((one) => one * 1_000),
    fc.nat(4_096).map((one) => one * 1_024),
  );
  fc.assert(
    fc.property(quantity, (value) => {
      assert.equal(readDuration(durationText(value), -1, [], noIssues, range), value);
      assert.equal(readSize(sizeText(value), -1, [], noIssues, range), value);
    }),
  );
});

test("the largest unit that says it exactly", () => {
  assert.deepEqual([0, 1, 1_500, 60_000, 90_000, 5_400_000, 172_800_000].map(durationText), [
    "0ms",
    "1ms",
    "1500ms",
    "1m",
    "90s",
    "90m",
    "2d",
  ]);
  assert.deepEqual([0, 240, 1_000, 1_024, 65_536, 1_048_576, 20_000].map(sizeText), [
    "0B",
    "240B",
    "1kB",
    "1KiB",
    "64KiB",
    "1MiB",
    "20kB",
  ]);
});
