import type { Clock, Timer } from "../runtime/clock.ts";

/** Virtual time for the tests of this folder: nothing happens until `advance`. */
export interface TestingClock extends Clock {
  /** Runs everything that is due within the next `ms`, in order. */
  advance(ms: number): void;
  /** Lets time pass as in a pause of the process: what is due runs late, at the end. */
  pause(ms: number): void;
}

export function testingClock(): TestingClock {
  let nowMs = 1000;
  let order = 0;
  const due = new Map<number, { atMs: number; fire: () => void; everyMs: number | undefined }>();
  const add = (ms: number, fire: () => void, everyMs?: number): Timer => {
    order += 1;
    const key = order;
    due.set(key, { atMs: nowMs + ms, fire, everyMs });
    return { cancel: () => void due.delete(key) };
  };
  const runUntil = (endMs: number): void => {
    for (;;) {
      const next = [...due]
        .filter(([, timer]) => timer.atMs <= endMs)
        .sort((a, b) => a[1].atMs - b[1].atMs || a[0] - b[0])[0];
      if (next === undefined) break;
      const [key, timer] = next;
      nowMs = Math.max(nowMs, timer.atMs);
      if (timer.everyMs === undefined) due.delete(key);
      else timer.atMs = nowMs + timer.everyMs;
      timer.fire();
    }
    nowMs = Math.max(nowMs, endMs);
  };
  return {
    now: () => nowMs,
    wallTime: () => new Date(nowMs).toISOString(),
    after: (ms, fire) => add(ms, fire),
    every: (ms, fire) => add(ms, fire, ms),
    afterPendingInput: (fire) => void add(0, fire),
    advance: (ms) => runUntil(nowMs + ms),
    pause(ms) {
      nowMs += ms;
      runUntil(nowMs);
    },
  };
}
