import type { Clock } from "../runtime/clock.ts";
import type { Entry } from "./entry.ts";

/** A watch thread answers within milliseconds; a machine under load within some tens of them. */
const answerWithinMs = 250;
/** Our own timer later than this: we stood still, and the silence may have been ours. */
const lateMs = 100;

/**
 * Tells a stopped process from a busy one: the watch thread of an SDK worker answers a ping whatever its main thread
 * does, so silence on the session means that the whole process stands still.
 */
export class SessionPings {
  readonly #clock: Clock;
  readonly #silent: (entry: Entry) => void;
  readonly #asked = new Set<Entry>();

  constructor(clock: Clock, silent: (entry: Entry) => void) {
    this.#clock = clock;
    this.#silent = silent;
  }

  /** Calls `silent` when no frame comes on the session that the worker has now. One question at a time. */
  ask(entry: Entry): void {
    const { session } = entry;
    if (session === undefined || this.#asked.has(entry)) return;
    this.#asked.add(entry);
    const askedAt = this.#clock.now();
    session.ping();
    this.#clock.after(answerWithinMs, () => {
      const late = this.#clock.now() - askedAt > answerWithinMs + lateMs;
      // What waits in the socket counts as answered.
      this.#clock.afterPendingInput(() => {
        this.#asked.delete(entry);
        if (late || entry.session !== session || entry.worker.renewedAt >= askedAt) return;
        this.#silent(entry);
      });
    });
  }
}
