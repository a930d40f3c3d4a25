import type { Worker } from "./worker.ts";

/** When silence ends the lease. Configured workers have none. */
export function leaseEndsAt(worker: Worker, freshAt: number): number {
  if (worker.origin === "configured") return Number.POSITIVE_INFINITY;
  return Math.max(worker.renewedAt, freshAt) + worker.registration.ttlMs;
}

/** Neither side has ended it, whatever comes of what is said there. */
export function sessionStands({ session }: Worker): boolean {
  return session === "held" || session === "silent";
}

/** Of a lease: after it a session that says nothing is asked for an answer. A beat came to nothing by then, and the next is late. */
const askShare = 2 / 3;

/** A way that loses what a worker says may bring its answers all the same, and who answers is well. */
export function asksAt(worker: Worker, freshAt: number): number {
  if (worker.session !== "held" || worker.asked || worker.silence !== undefined)
    return Number.POSITIVE_INFINITY;
  return leaseEndsAt(worker, freshAt) - worker.registration.ttlMs * (1 - askShare);
}

/** A timer that fired later than this proves a pause of our own process: others' silence means nothing. */
export const pauseMs = 250;

/**
 * The start that every lease has at least. A pause of this process (it was stopped, or its event loop was stuck)
 * gives everyone a fresh lease: their beats may wait unread, or were lost because nobody took them.
 */
export function freshAfter(freshAt: number, expectedAt: number, now: number): number {
  return now - expectedAt > pauseMs ? now : freshAt;
}

/**
 * How often workers with a session shall beat, by their number: a controller reads at most some 5,000 beats a
 * second. Higher rates find a frozen idle worker faster, and cost CPU on every controller.
 */
export function paceFor(sessions: number): { heartbeatEveryMs: number; ttlMs: number } {
  const seconds = Math.max(1, Math.ceil(sessions / 5_000));
  return { heartbeatEveryMs: seconds * 1_000, ttlMs: seconds * 3_000 };
}
