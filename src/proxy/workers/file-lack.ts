import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { systemReason } from "../../runtime/system-reason.ts";

const sayEveryMs = 60_000;

/** Tells the operator that connections to workers cannot be opened, once a minute. */
export class FileLack {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #saidAt = -Infinity;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  complain(error: NodeJS.ErrnoException): void {
    const now = this.#clock.now();
    if (now - this.#saidAt < sayEveryMs) return;
    this.#saidAt = now;
    this.#logger.error(
      { code: error.code },
      `no connection to a worker can be opened: ${systemReason(error)}`,
    );
  }
}
