import type { Clock } from "../runtime/clock.ts";
import type { Entry } from "./entry.ts";
import type { ProbeResult } from "./probe.ts";

/** A watch thread answers within milliseconds; where it does not, the session may only have lost a packet. */
const answerWithinMs = 40;
/** Our own timer later than this: we stood still, and the silence may have been ours. */
const lateMs = 100;

/**
 * Tells a stopped process from a busy one: the watch thread of an SDK worker answers a ping whatever its main thread
 * does. A session is one connection, though, and a packet that it lost comes 200 ms later at the best; so silence on it
 * is no verdict: the worker is asked over new connections as well, and one sign of life on either is enough.
 */
export class SessionPings {
  readonly #clock: Clock;
  readonly #inquire: (entry: Entry) => Promise<ProbeResult>;
  readonly #silent: (entry: Entry) => void;
  readonly #asked = new Set<Entry>();

  constructor(clock: Clock, inquire: (entry: Entry) => Promise<ProbeResult>, silent: (entry: Entry) => void) {
    this.#clock = clock;
    this.#inquire = inquire;
    this.#silent = silent;
  }

  /** Calls `silent` when there is no sign of life. One question at a time. */
  ask(entry: Entry): void {
    const { session } = entry;
    if (session === undefined || this.#asked.has(entry)) return;
    this.#asked.add(entry);
    const askedAt = this.#clock.now();
    const heard = (): boolean => entry.session !== session || entry.worker.renewedAt >= askedAt;
    session.ping();
    this.#clock.after(answerWithinMs, () => {
      const late = this.#clock.now() - askedAt > answerWithinMs + lateMs;
      // What waits in the socket counts as answered.
      this.#clock.afterPendingInput(() => {
        if (late || heard()) return void this.#asked.delete(entry);
        void this.#inquire(entry).then(({ kind }) => {
          this.#asked.delete(entry);
          if ((kind === "silent" || kind === "refused") && !heard()) this.#silent(entry);
        });
      });
    });
  }
}
