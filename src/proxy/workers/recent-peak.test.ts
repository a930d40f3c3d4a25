import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentPeak } from "./recent-peak.ts";

test("a peak is remembered for some seconds, and then forgotten", () => {
  const peak = new RecentPeak();
  peak.note(5, 10_000);
  peak.note(64, 11_000);
  peak.note(3, 12_000);
  assert.equal(peak.recent(13_000), 64);
  peak.note(7, 14_500);
  assert.equal(peak.recent(17_000), 64);
  assert.equal(peak.recent(19_000), 7);
  assert.equal(peak.recent(60_000), 0);
});
