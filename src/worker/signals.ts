import { type Clock, systemClock } from "../runtime/clock.ts";
import { isEcho } from "../runtime/signal-echo.ts";
import { signalExitListeners } from "./signal-exit.ts";
import { warn } from "./warnings.ts";

/** After the ends, for those who decide about the process: longer, and perhaps nobody does. */
const decidedWithinMs = 5_000;

type Signalled = Pick<typeof process, "listenerCount" | "prependListener" | "removeListener" | "exit">;

/**
 * SIGTERM, for every worker of a process together: each ends politely; then the process exits if nobody else
 * handles the signal. The user's own handlers run as if we were not there.
 */
export class Sigterm {
  readonly #process: Signalled;
  readonly #clock: Clock;
  readonly #ends = new Set<() => Promise<void>>();
  /** When the first signal came, while its work is under way. */
  #endingSince: number | undefined;

  constructor(signalled: Signalled, clock: Clock) {
    this.#process = signalled;
    this.#clock = clock;
  }

  /** Runs `end` on SIGTERM. Returns how to take that back. */
  add(end: () => Promise<void>): () => void {
    // First in the row: a handler added by `once` is removed before it runs, and would not be counted after it.
    if (this.#ends.size === 0) this.#process.prependListener("SIGTERM", this.#handle);
    this.#ends.add(end);
    return () => {
      if (!this.#ends.delete(end) || this.#ends.size > 0 || this.#endingSince !== undefined) return;
      this.#process.removeListener("SIGTERM", this.#handle);
    };
  }

  readonly #handle = (): void => {
    const others = this.#process.listenerCount("SIGTERM") - 1 - signalExitListeners();
    if (this.#endingSince !== undefined) {
      // Asked twice: the one who asks does not want to wait.
      if (others <= 0 && !isEcho(this.#endingSince, this.#clock.now())) this.#process.exit(143);
      return;
    }
    this.#endingSince = this.#clock.now();
    void Promise.allSettled([...this.#ends].map(async (end) => end())).then(() => {
      if (others <= 0) this.#process.exit(0);
      // The next SIGTERM has its default effect again, unless another handler stands.
      this.#process.removeListener("SIGTERM", this.#handle);
      this.#ends.clear();
      this.#endingSince = undefined;
      this.#clock.after(decidedWithinMs, () => warnStillRuns(others));
    });
  };
}

function warnStillRuns(others: number): void {
  warn(
    "skein-still-runs",
    `${decidedWithinMs / 1_000} s ago all that SIGTERM asks of skein was done, and this process still runs. Its end was left to who ` +
      `else listens for SIGTERM (${others}): a library that ends a process only where nobody else listens does not. ` +
      "A handler of your own does: process.on('SIGTERM', () => server.close(() => process.exit()))",
  );
}

/** State of the module, because the signal is one of the process. */
const ofThisProcess = new Sigterm(process, systemClock);

export function onSigterm(end: () => Promise<void>): () => void {
  return ofThisProcess.add(end);
}
