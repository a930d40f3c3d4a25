import assert from "node:assert/strict";
import { test } from "node:test";
import { freezeLimits, type FreezeNews, look, startFreezeWatch } from "./freeze-watch.ts";

/** Looks every `tickMs` from 0 to `untilMs`; `stamp(now)` is the main thread's last tick. `asleep`: no looks. */
function watched(
  untilMs: number,
  stamp: (nowMs: number) => number,
  asleep: (nowMs: number) => boolean = () => false,
) {
  let watch = startFreezeWatch(0);
  const news: [number, FreezeNews][] = [];
  for (let now = 0; now <= untilMs; now += freezeLimits.tickMs) {
    if (asleep(now)) continue;
    const seen = look(watch, stamp(now), now);
    watch = seen.watch;
    if (seen.news.kind !== "none") news.push([now, seen.news]);
  }
  return news;
}

test("a running main thread is no news", () => {
  assert.deepEqual(
    watched(10_000, (now) => now - 60),
    [],
  );
});

test("a stall of 300 ms is no news", () => {
  assert.deepEqual(
    watched(2000, (now) => (now >= 500 && now <= 800 ? 500 : now)),
    [],
  );
});

test("blocked for two seconds: told within 400 ms, repeated, and the end is told", () => {
  assert.deepEqual(
    watched(3000, (now) => (now >= 500 && now < 2500 ? 500 : now)).map(([now, news]) => [now, news.kind]),
    [
      [850, "blocked"],
      [1100, "blocked"],
      [1350, "blocked"],
      [1600, "blocked"],
      [1850, "blocked"],
      [2100, "blocked"],
      [2350, "blocked"],
      [2500, "unblocked"],
    ],
  );
});

test("a pause of the whole process is not the main thread's", () => {
  const stopped = (now: number): boolean => now > 500 && now < 6000;
  // After the pause the main thread needs two more ticks to renew its stamp.
  assert.deepEqual(
    watched(8000, (now) => (now > 500 && now < 6100 ? 500 : now), stopped),
    [],
  );
});

test("blocked right after a pause: told, counted from the return", () => {
  const stopped = (now: number): boolean => now > 500 && now < 6000;
  assert.deepEqual(watched(6500, (now) => (now > 500 ? 500 : now), stopped)[0], [
    6350,
    { kind: "blocked", ageMs: 5850 },
  ]);
});
