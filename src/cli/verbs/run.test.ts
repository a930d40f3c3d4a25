import assert from "node:assert/strict";
import { test } from "node:test";
import { sidecarOptions } from "./run.ts";

test("a weight is what skein weight takes, and nothing else", () => {
  const weightOf = (weight: string): number | undefined =>
    sidecarOptions(["program"], { service: "orders", weight }).weight;
  assert.deepEqual(["0", "0.1", "1000"].map(weightOf), [0, 0.1, 1_000]);
  for (const wrong of ["", "-1", "1001", "much"]) {
    const refusal = {
      exitCode: 2,
      message: `--weight: "${wrong}" is no weight; write a number from 0 to 1000`,
    };
    assert.throws(() => weightOf(wrong), refusal);
  }
});
