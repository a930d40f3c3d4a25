import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./clock.ts";

test("a time that is longer than Node's timers know does not come at once", async (t) => {
  let came = false;
  const month = systemClock.after(31 * 86_400_000, () => (came = true));
  t.after(() => month.cancel());
  const alive = setInterval(() => {}, 1_000);
  t.after(() => clearInterval(alive));
  await new Promise<void>((resolve) => void systemClock.after(20, resolve));
  assert.equal(came, false);
});
