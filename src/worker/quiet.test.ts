import assert from "node:assert/strict";
import { test } from "node:test";
import { untilQuiet } from "./quiet.ts";
import { testingClock } from "./testing-clock.ts";

/** When it resolves and how, with `busy(now)` requests in flight. */
async function resolvedAt(busy: (nowMs: number) => number, limits: { quietMs: number; withinMs: number }) {
  const clock = testingClock();
  const startedMs = clock.now();
  const result: { at: number; how: string }[] = [];
  const waiting = untilQuiet(() => busy(clock.now() - startedMs), limits, clock).then((how) =>
    result.push({ at: clock.now() - startedMs, how }),
  );
  while (result.length === 0) {
    clock.advance(25);
    await new Promise(setImmediate);
  }
  await waiting;
  return result[0];
}

const limits = { quietMs: 250, withinMs: 2000 };

test("quiet all the time: after the quiet time", async () => {
  assert.deepEqual(await resolvedAt(() => 0, limits), { at: 250, how: "quiet" });
});

test("a late request starts the wait anew", async () => {
  assert.deepEqual(await resolvedAt((now) => (now >= 200 && now <= 300 ? 1 : 0), limits), {
    at: 550,
    how: "quiet",
  });
});

test("never quiet: when the time is up", async () => {
  assert.deepEqual(await resolvedAt(() => 3, limits), { at: 2000, how: "time up" });
});
