import assert from "node:assert/strict";
import { test } from "node:test";
import { stateAge } from "./worker-state.ts";

test("an age, and one that may be longer", () => {
  assert.equal(stateAge({ stateForMs: 61_000 }), "61s");
  assert.equal(stateAge({ stateForMs: 7_300_000, stateForAtLeast: true }), ">2h");
});
