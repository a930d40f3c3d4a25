import assert from "node:assert/strict";
import { test } from "node:test";
import { leadershipWords } from "./leadership-words.ts";

test("who leads, and why it is another one now", () => {
  assert.deepEqual(leadershipWords("controller-2", 4, "ended"), {
    message: "controller-2 leads (term 4): the process that led before has ended",
    data: { controller: "controller-2", because: "ended" },
  });
  assert.match(leadershipWords("controller-2", 4, "silent").message, /was silent/);
  assert.match(leadershipWords("controller-1", 1, "free").message, /the seat was free$/);
});

test("a seat that was found to be its own is told without a reason", () => {
  assert.deepEqual(leadershipWords("controller-2", 4, undefined), {
    message: "controller-2 leads (term 4)",
    data: { controller: "controller-2" },
  });
});
