import assert from "node:assert/strict";
import { test } from "node:test";
import { picksIn } from "./picks.ts";
import { resultOf } from "./times.ts";

const measure = { name: "m", title: "a measure", limitMs: () => 50 };

test("a measure holds only when every run did", () => {
  const fine = resultOf(measure, "sdk", [3, 1, 50, 2], undefined);
  assert.deepEqual([fine.p50Ms, fine.maxMs, fine.held], [2, 50, true]);
  assert.equal(resultOf(measure, "sdk", [3, 51], undefined).held, false);
  assert.equal(resultOf(measure, "sdk", [3, null], undefined).held, false);
  assert.equal(resultOf(measure, "sdk", [3], "the cluster fell").held, false);
  assert.equal(resultOf(measure, "sdk", [], undefined).held, false);
});

test("picks are read from the access log, and a cut line is left out", () => {
  const text = '{"picks":[{"worker":"a","at":1},{"worker":"b","at":2}]}\n{"level":30}\n{"picks":[{"wor';
  assert.deepEqual(picksIn(text), [
    { worker: "a", at: 1 },
    { worker: "b", at: 2 },
  ]);
});
