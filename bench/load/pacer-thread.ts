// Sleeps until shortly before each arrival of a schedule, and says so.
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../src/runtime/clock.ts";
import { dueAt, dueCount, type Schedule } from "./schedule.ts";

/** The kernel wakes a sleeper this much after its time; what is early is sent by the main thread all the same. */
const wakesLateMs = 0.06;

const schedule = workerData as Schedule;
const nothing = new Int32Array(new SharedArrayBuffer(4));

function sayAt(time: number): void {
  const leftMs = time - systemClock.now();
  if (leftMs > 0) Atomics.wait(nothing, 0, 0, leftMs);
  parentPort?.postMessage(0, []);
}

let told = 0;
while (told < schedule.count) {
  sayAt(dueAt(schedule, told) - wakesLateMs);
  // What has become due meanwhile is told with one message.
  told = Math.max(told + 1, dueCount(schedule, systemClock.now()));
}
// Who was told too early to send the last one is told again, as after every other one.
sayAt(dueAt(schedule, schedule.count));
