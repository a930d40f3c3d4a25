import assert from "node:assert/strict";
import { test } from "node:test";
import { loadNow } from "./load-now.ts";

test("what a worker said last of its load counts while it may still be so", () => {
  const load = { inFlight: 3 };
  const shown = (["live", "suspect", "draining", "left", "dead"] as const).map((state) =>
    loadNow({ state, load }),
  );
  assert.deepEqual(shown, [load, load, load, {}, {}]);
});
