import { SkeinError } from "../protocol/error.ts";
import type { Clock } from "../runtime/clock.ts";

const namesMax = 50_000;

/** At most so many messages a second by name; whoever comes too often is told so. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #counts = new Map<string, number>();
  #windowAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  take(name: string): void {
    const now = this.#clock.now();
    if (now - this.#windowAt >= 1_000) {
      this.#windowAt = now;
      this.#counts.clear();
    }
    const count = (this.#counts.get(name) ?? 0) + 1;
    if (count > this.#perSecond || this.#counts.size >= namesMax) {
      throw new SkeinError(
        "tooManyRequests",
        `At most ${this.#perSecond} heartbeats a second are taken of one worker.`,
      );
    }
    this.#counts.set(name, count);
  }
}
