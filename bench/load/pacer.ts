import { Worker } from "node:worker_threads";
import type { Schedule } from "./schedule.ts";

export interface Pacer {
  stop(): Promise<void>;
}

/**
 * Calls `onDue` shortly before each arrival. A thread of its own sleeps for that: timers of the event loop know only
 * whole milliseconds, in which a fast proxy answers many times.
 */
export async function startPacer(schedule: Schedule, onDue: () => void): Promise<Pacer> {
  const thread = new Worker(new URL("pacer-thread.ts", import.meta.url), {
    workerData: schedule,
    execArgv: [],
  });
  thread.on("message", onDue);
  await new Promise<void>((resolve, reject) => {
    thread.once("online", resolve);
    thread.once("error", reject);
  });
  return { stop: async () => void (await thread.terminate()) };
}
