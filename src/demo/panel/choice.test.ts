import assert from "node:assert/strict";
import { test } from "node:test";
import { choiceOf } from "./choice.ts";

test("only what was sent to this worker while the fault held counts", () => {
  const picks = [
    { worker: "a", at: 90 },
    { worker: "a", at: 110 },
    { worker: "b", at: 120 },
    { worker: "a", at: 130 },
    { worker: "a", at: 900 },
  ];
  assert.deepEqual(choiceOf(picks, "a", 100, 500), { sent: 2, lastMs: 30 });
  assert.deepEqual(choiceOf(picks, "c", 100, 500), { sent: 0, lastMs: 0 });
});
