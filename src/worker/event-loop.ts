import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Clock } from "../runtime/clock.ts";
import { freezeLimits } from "./freeze-watch.ts";
import { type SharedLoad, writeLoop, writeStamp } from "./shared-load.ts";

/** How often the loop's delay and utilisation are summed up, in ticks. */
const ticksPerSummary = 20;

/**
 * Writes signs of life and the event loop's load into the shared block. Returns how to stop. It does not keep the
 * process alive.
 */
export function watchEventLoop(shared: SharedLoad, clock: Clock): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  let ticks = 0;
  writeStamp(shared, clock.now());
  const timer = clock.every(freezeLimits.tickMs, () => {
    writeStamp(shared, clock.now());
    ticks += 1;
    if (ticks % ticksPerSummary !== 0) return;
    const since = performance.eventLoopUtilization(utilization);
    utilization = performance.eventLoopUtilization();
    // The histogram measures from timer to timer: its own interval is no delay.
    const delayP99Ms = Math.max(0, delay.percentile(99) / 1e6 - 20);
    writeLoop(shared, { delayP99Ms, utilization: since.utilization });
    delay.reset();
  });
  return () => {
    timer.cancel();
    delay.disable();
  };
}
