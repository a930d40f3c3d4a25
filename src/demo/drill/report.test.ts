import assert from "node:assert/strict";
import { test } from "node:test";
import { held, reportLines } from "./report.ts";
import type { RowResult } from "./row-runner.ts";
import { rows, rowsNamed, shortRows } from "./rows.ts";

function result(more: Partial<RowResult> = {}): RowResult {
  return {
    row: "stop-controllers",
    kind: "plain",
    tally: {
      requests: 12_345,
      answered: 12_345,
      failed: 1234,
      refused: 1234,
      exempt: 1234,
      outcomeUnknown: 1234,
      slow: 1234,
      slowestMs: 12_345,
      doubled: [],
      unexecuted: [],
      failures: {},
    },
    load: { planned: 12_345, sent: 12_345, lateMsMax: 12, lateMsP99: 2, connectionsOpened: 40 },
    detectMs: 12_345,
    recoverMs: 12_345,
    complaints: [
      "20 failed, 0 refused: 20 x GET 503 no-live-worker; and a text that is longer than the line",
    ],
    ...more,
  };
}

test("the widest report fits 80 columns", () => {
  const lines = reportLines([result()]);
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
});

test("only rows without a complaint hold, and no row at all does not", () => {
  assert.equal(held([]), false);
  assert.equal(held([result()]), false);
  assert.equal(held([result({ complaints: [] })]), true);
  assert.equal(held([result({ complaints: [] }), result()]), false);
});

test("rows have names of their own, and the short ones exist", () => {
  assert.equal(new Set(rows.map((row) => row.name)).size, rows.length);
  assert.equal(rowsNamed(shortRows).length, shortRows.length);
  assert.throws(() => rowsNamed(["kill-worker", "nonsense"]), /no row is called nonsense/);
});
