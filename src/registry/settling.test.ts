import assert from "node:assert/strict";
import { test } from "node:test";
import { Settling } from "./settling.ts";

/** Looks each quarter of a second; gives when it was over. */
function settledAt(sessionsAt: (now: number) => number): number {
  const settling = new Settling(0);
  for (let now = 0; now <= 60_000; now += 250) if (settling.isOver(sessionsAt(now), now)) return now;
  throw new Error("never");
}

test("few workers, or none: after the usual lease and a margin", () => {
  assert.equal(
    settledAt(() => 0),
    4_000,
  );
  assert.equal(
    settledAt((now) => Math.min(8, now / 250)),
    4_000,
  );
});

test("all came at once, before", () => {
  assert.equal(
    settledAt((now) => (now < 1_000 ? 0 : 1_000)),
    4_000,
  );
});

test("a crowd that still comes is waited for", () => {
  // Ten thousand from the second second on, 1,500 each second.
  const at = settledAt((now) => Math.min(10_000, Math.max(0, now - 2_000) * 1.5));
  assert.ok(at > 2_000 + 10_000 / 1.5 && at <= 2_000 + 10_000 / 1.5 + 2_000, String(at));
});

test("some that come and go later are no crowd", () => {
  assert.equal(
    settledAt((now) => (now < 2_000 ? 5_000 : 5_000 + (now % 1_000) / 50)),
    4_000,
  );
});

test("one that never ends is not waited for for ever", () => {
  assert.equal(
    settledAt((now) => now),
    15_000,
  );
});
