import { paceFor } from "../core/registry/lease.ts";
import type { Entry } from "./entry.ts";

type Pace = ReturnType<typeof paceFor>;

export const crowdNumbers = {
  /** More sessions than this from one adjustment to the next are a crowd ... */
  since: 500,
  /** ... and nobody knows how large it is: until it is there, beats are asked for as if it were this many. */
  assumed: 20_000,
} as const;

/** Asks sessions for slower beats when there are many of them, or a crowd is coming, and for the usual ones again when there are few. */
export class Pacer {
  #pace = paceFor(0);
  /** Sessions at the last adjustment. */
  #before = 0;

  get current(): Pace {
    return this.#pace;
  }

  /** So many sessions there are now: who comes in a crowd is asked for slower beats at once, and leaves time for those behind. */
  grown(sessions: number): void {
    const wanted = this.#wanted(sessions);
    if (wanted.ttlMs > this.#pace.ttlMs) this.#pace = wanted;
  }

  /** A longer lease counts at once; a shorter one counts one round after the faster beats were asked for. */
  adjust(sessions: number, entries: Iterable<Entry>): void {
    const wanted = this.#wanted(sessions);
    const changed = wanted.ttlMs !== this.#pace.ttlMs;
    this.#pace = wanted;
    this.#before = sessions;
    for (const entry of entries) {
      if (!entry.paced || entry.session === undefined) continue;
      const { registration } = entry.worker;
      if (changed || wanted.ttlMs > registration.ttlMs)
        entry.session.pace(wanted.heartbeatEveryMs, wanted.ttlMs);
      const counts = wanted.ttlMs > registration.ttlMs || (!changed && wanted.ttlMs < registration.ttlMs);
      if (counts) entry.worker = { ...entry.worker, registration: { ...registration, ttlMs: wanted.ttlMs } };
    }
  }

  #wanted(sessions: number): Pace {
    const isCrowd = sessions - this.#before > crowdNumbers.since;
    return paceFor(isCrowd ? Math.max(sessions, crowdNumbers.assumed) : sessions);
  }
}
