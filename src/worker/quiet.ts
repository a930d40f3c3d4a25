import type { Clock } from "../runtime/clock.ts";

const lookEveryMs = 25;

/**
 * Resolves when `count` has been 0 for `quietMs` without a break, or after `withinMs`. A proxy that was told a moment
 * ago may still be sending what it chose this worker for: so one look is not enough.
 */
export async function untilQuiet(
  count: () => number,
  limits: { quietMs: number; withinMs: number },
  clock: Clock,
): Promise<"quiet" | "time up"> {
  const startedMs = clock.now();
  let busyMs = startedMs;
  return new Promise((resolve) => {
    const timer = clock.every(lookEveryMs, () => {
      const now = clock.now();
      if (count() > 0) busyMs = now;
      const quiet = now - busyMs >= limits.quietMs;
      if (!quiet && now - startedMs < limits.withinMs) return;
      timer.cancel();
      resolve(quiet ? "quiet" : "time up");
    });
  });
}
