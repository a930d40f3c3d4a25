import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readRuns, type Run, runsUnder, withRun, writeRuns } from "./record.ts";

const run = (more: Partial<Run> = {}): Run => ({
  row: "loss-5",
  title: "loss",
  figures: [],
  complaints: [],
  commit: "abc",
  startedAt: "2026-01-01T00:00:00.000Z",
  perSecond: 100,
  holdMs: 60_000,
  ...more,
});

test("runs add up, and those of a row under other terms make way", () => {
  const other = run({ row: "loss-10" });
  const two = withRun(withRun([other], run()), run());
  assert.equal(runsUnder(two, run()), 2);
  assert.deepEqual(withRun(two, run({ commit: "def" })), [other, run({ commit: "def" })]);
  assert.deepEqual(withRun(two, run({ holdMs: 10_000 })), [other, run({ holdMs: 10_000 })]);
  assert.equal(runsUnder(two, run({ commit: "def" })), 0);
});

test("what was written is read again; no file is no run", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-record-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "runs.json");
  assert.deepEqual(readRuns(file), []);
  writeRuns(file, [run(), run({ row: "loss-10" })]);
  assert.deepEqual(readRuns(file), [run(), run({ row: "loss-10" })]);
});
