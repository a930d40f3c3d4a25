import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import { SaidLately } from "./said-lately.ts";
import { systemReason } from "./system-reason.ts";

/** Tells the operator for lack of what connections to workers cannot be opened, once a minute. */
export class DialLack {
  readonly #logger: Logger;
  readonly #said: SaidLately;

  constructor(clock: Clock, logger: Logger) {
    this.#logger = logger;
    this.#said = new SaidLately(clock);
  }

  complain(error: NodeJS.ErrnoException): void {
    const reason = systemReason(error);
    if (!this.#said.mayBeSaid(reason)) return;
    this.#logger.error({ code: error.code }, `a connection to a worker could not be opened: ${reason}`);
  }
}
