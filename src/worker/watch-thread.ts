/**
 * Entry of the watch thread. While the main thread makes the first contact this one sleeps, before it loads anything:
 * on a busy machine it would only take the processor from what makes the worker live.
 */
import { workerData } from "node:worker_threads";
import { awaitFirstContact, sharedLoadIn } from "./shared-load.ts";
import type { ThreadStart } from "./thread-words.ts";

/** The first contact takes some milliseconds; it takes longer only when the main thread is blocked. */
const firstContactWithinMs = 250;

const { join, load } = workerData as ThreadStart;
if (join !== undefined && join.life === undefined) {
  awaitFirstContact(sharedLoadIn(load), firstContactWithinMs);
}
await import("./watch-sessions.ts");
