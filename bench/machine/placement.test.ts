import assert from "node:assert/strict";
import { test } from "node:test";
import { placementOn } from "./placement.ts";

test("the proxy has a core to itself, whatever the machine", () => {
  assert.equal(placementOn(1, 1), null);
  assert.deepEqual(placementOn(2, 1), { proxy: [0], worker: [1], others: [1], load: 1 });
  assert.deepEqual(placementOn(3, 1), { proxy: [0], worker: [1], others: [2], load: 2 });
  assert.deepEqual(placementOn(4, 1), { proxy: [0], worker: [1], others: [2], load: 3 });
});

test("two proxies want six cores", () => {
  assert.equal(placementOn(5, 2), null);
  assert.deepEqual(placementOn(6, 2), { proxy: [0, 1], worker: [2, 3], others: [4], load: 5 });
  assert.deepEqual(placementOn(64, 2), { proxy: [0, 1], worker: [2, 3], others: [4], load: 63 });
});
