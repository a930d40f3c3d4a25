import assert from "node:assert/strict";
import { test } from "node:test";
import { shortMs, textTable } from "./text-table.ts";

test("columns are aligned and lines have no blanks at their ends", () => {
  const lines = textTable(
    [
      { title: "row", align: "left" },
      { title: "sent", align: "right" },
      { title: "verdict", align: "left" },
    ],
    [
      ["kill-worker", "2000", "ok"],
      ["x", "1", ""],
    ],
  );
  assert.deepEqual(lines, ["row         sent verdict", "kill-worker 2000 ok", "x              1"]);
});

test("durations stay short", () => {
  assert.deepEqual([7.4, 999, 1234, 12_345, 123_456].map(shortMs), [
    "7ms",
    "999ms",
    "1.23s",
    "12.3s",
    "123s",
  ]);
  assert.equal(shortMs(undefined), "-");
});
