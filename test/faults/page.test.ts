import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pageWith } from "./page.ts";
import { readRuns, type Run } from "./record.ts";
import { rows } from "./rows.ts";

const empty =
  "# Faults\n\n<!-- faults: begin (written by test/faults/figures.ts; not by hand) -->\n\nold\n<!-- faults: end -->\nAfter\n";

const run = (evictions: number, ...complaints: string[]): Run => ({
  row: "loss-5",
  title: "loss",
  figures: [
    { name: "evictions", unit: "count", value: evictions, limit: 1 },
    { name: "whole", unit: "ms", value: 30 },
    { name: "a: lost", unit: "count", value: 0, limit: 0 },
    { name: "b: lost", unit: "count", value: evictions, limit: 0 },
  ],
  complaints,
  commit: "abc",
  startedAt: "2026-01-01T00:00:00.000Z",
  perSecond: 100,
  holdMs: 10_000,
  busy: 0.4,
});

test("what has a limit is shown over the runs of its row, losses of all destinations together, and who did not hold", () => {
  const page = pageWith(empty, [run(0), run(2, "evictions: 2, at most 1")]);
  assert.ok(page.startsWith("# Faults\n") && page.endsWith("<!-- faults: end -->\nAfter\n"));
  const lines = page.split("\n");
  assert.ok(lines.includes("| `loss-5` | evictions | 2 | 0 | 2 | 2 | 1 |"), page);
  assert.ok(lines.includes("| `loss-5` | requests lost | 2 | 0 | 2 | 2 | 0 |"), page);
  assert.ok(lines.includes("- `loss-5` did not hold in one run: evictions: 2, at most 1"), page);
  assert.ok(page.includes("2 runs, of which 1 held, at `abc`"), page);
  assert.ok(!page.includes("whole") && !lines.includes("old"), page);
});

test("docs/faults.md is what docs/faults.json gives", () => {
  const page = readFileSync("docs/faults.md", "utf8");
  assert.equal(page, pageWith(page, readRuns("docs/faults.json")), "run test/faults/figures.ts");
});

test("docs/faults.json has runs of rows that exist", () => {
  const runs = readRuns("docs/faults.json");
  assert.ok(runs.length > 0);
  const names = new Set(rows.map(({ name }) => name));
  assert.deepEqual(
    runs.filter(({ row }) => !names.has(row)),
    [],
  );
});
