import assert from "node:assert/strict";
import { test } from "node:test";
import { loadNow, stateAge } from "./worker-state.ts";

test("an age, and one that may be longer", () => {
  assert.equal(stateAge({ stateForMs: 61_000 }), "61s");
  assert.equal(stateAge({ stateForMs: 7_300_000, stateForAtLeast: true }), ">2h");
});

test("what a worker said last of its load counts while it may still be so", () => {
  const load = { inFlight: 3 };
  const shown = (["live", "suspect", "draining", "left", "dead"] as const).map((state) =>
    loadNow({ state, load }),
  );
  assert.deepEqual(shown, [load, load, load, {}, {}]);
});
