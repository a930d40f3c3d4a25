import assert from "node:assert/strict";
import { test } from "node:test";
import type { RowResult } from "./play.ts";
import { reportLines, summaries } from "./report.ts";
import { rows, rowsNamed } from "./rows.ts";

const result = (value: number, ...complaints: string[]): RowResult => ({
  row: "loss-5",
  title: "loss",
  figures: [{ name: "detected", unit: "ms", value, limit: 100 }],
  complaints,
});

test("a figure is summed up over the runs of its row", () => {
  const results = Array.from({ length: 10 }, (_, index) => result(10 - index));
  assert.deepEqual(summaries(results), [
    { row: "loss-5", figure: "detected", unit: "ms", limit: 100, runs: 10, p50: 5, p99: 10, max: 10 },
  ]);
});

test("who did not hold is named", () => {
  const lines = reportLines([result(1), result(200, "too late")]);
  assert.ok(lines.includes("1 of 2 runs held"));
  assert.ok(lines.includes("FAIL loss-5: too late"));
});

test("rows have names of their own", () => {
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
  assert.equal(rowsNamed([]).length, rows.length);
  assert.throws(() => rowsNamed(["leader-cut", "nonsense"]), /no row is called nonsense/);
});
