import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/runtime/random.ts";
import { Timeline } from "./timeline.ts";

test("what is due earlier runs earlier, what is due at the same time in the order of setting", () => {
  const timeline = new Timeline();
  const chance = seededRandom(5);
  const ran: { atMs: number; number: number }[] = [];
  for (let number = 0; number < 2_000; number += 1) {
    const atMs = Math.floor(chance() * 200);
    timeline.at(atMs, () => {
      assert.equal(timeline.nowMs, atMs);
      ran.push({ atMs, number });
      // Time does not go back.
      if (number % 10 === 0) timeline.at(0, () => ran.push({ atMs: timeline.nowMs, number: 2_000 + number }));
    });
  }
  timeline.run();
  assert.equal(ran.length, 2_200);
  const sorted = ran.toSorted((one, other) => one.atMs - other.atMs || one.number - other.number);
  assert.deepEqual(ran, sorted);
});
