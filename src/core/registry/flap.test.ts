import assert from "node:assert/strict";
import { test } from "node:test";
import { noFlaps, noteOut } from "./flap.ts";

const short = 1_000;

test("three short lives within a minute: held for 10, 20, 40, then 60 s each", () => {
  let flaps = noFlaps;
  let now = 0;
  const holds: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    for (let out = 0; out < 3; out += 1) {
      now += 2_000;
      flaps = noteOut(flaps, short, now, true);
    }
    holds.push(flaps.heldUntil - now);
    now = flaps.heldUntil;
  }
  assert.deepEqual(holds, [10_000, 20_000, 40_000, 60_000, 60_000]);
});

test("three outs over more than a minute are not flapping", () => {
  let flaps = noFlaps;
  for (const at of [0, 31_000, 62_000]) flaps = noteOut(flaps, short, at, true);
  assert.equal(flaps.heldUntil, 0);
});

test("a long life before does not count", () => {
  let flaps = noFlaps;
  for (const at of [0, 11_000, 22_000, 33_000]) flaps = noteOut(flaps, 10_000, at, true);
  assert.equal(flaps.heldUntil, 0);
});

test("who may not be held is noted, and held when the next out may", () => {
  let flaps = noFlaps;
  for (const at of [0, 1_000, 2_000]) flaps = noteOut(flaps, short, at, false);
  assert.equal(flaps.heldUntil, 0);
  assert.equal(noteOut(flaps, short, 3_000, true).heldUntil, 13_000);
});

test("after five calm minutes the next hold is short again", () => {
  const flaps = { outAt: [400_000, 401_000], holds: 3, heldUntil: 90_000 };
  assert.equal(noteOut(flaps, short, 402_000, true).heldUntil, 412_000);
});
