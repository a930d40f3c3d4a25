import { paceFor } from "../core/registry/lease.ts";
import type { Entry } from "./entry.ts";

/** Asks sessions for slower beats when there are many of them, and for the usual ones again when there are few. */
export class Pacer {
  #pace = paceFor(0);

  get current(): { heartbeatEveryMs: number; ttlMs: number } {
    return this.#pace;
  }

  /** So many sessions there are now: who comes in a crowd is asked for slower beats at once. */
  grown(sessions: number): void {
    const wanted = paceFor(sessions);
    if (wanted.ttlMs > this.#pace.ttlMs) this.#pace = wanted;
  }

  /** A longer lease counts at once; a shorter one counts one round after the faster beats were asked for. */
  adjust(sessions: number, entries: Iterable<Entry>): void {
    const wanted = paceFor(sessions);
    const changed = wanted.ttlMs !== this.#pace.ttlMs;
    this.#pace = wanted;
    for (const entry of entries) {
      if (!entry.paced || entry.session === undefined) continue;
      const { registration } = entry.worker;
      if (changed || wanted.ttlMs > registration.ttlMs)
        entry.session.pace(wanted.heartbeatEveryMs, wanted.ttlMs);
      const counts = wanted.ttlMs > registration.ttlMs || (!changed && wanted.ttlMs < registration.ttlMs);
      if (counts) entry.worker = { ...entry.worker, registration: { ...registration, ttlMs: wanted.ttlMs } };
    }
  }
}
