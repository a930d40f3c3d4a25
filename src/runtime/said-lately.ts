import type { Clock } from "./clock.ts";

/** How long the same complaint is not said again, where nothing else is wanted. */
const minuteMs = 60_000;
/** How many different ones are said in that time. */
export const textsMax = 64;

/**
 * Keeps what fails ten times a second from filling the log, which may lie on the very disk that is full: a text is said
 * at once, and while it goes on once a minute, or as often as is wanted, also where several take turns.
 */
export class SaidLately {
  readonly #clock: Pick<Clock, "now">;
  readonly #quietMs: number;
  /** When each was said, the oldest first. */
  readonly #saidAt = new Map<string, number>();

  constructor(clock: Pick<Clock, "now">, quietMs = minuteMs) {
    this.#clock = clock;
    this.#quietMs = quietMs;
  }

  /** True: say it. */
  mayBeSaid(text: string): boolean {
    const now = this.#clock.now();
    for (const [oldest, at] of this.#saidAt) {
      if (now - at < this.#quietMs) break;
      this.#saidAt.delete(oldest);
    }
    if (this.#saidAt.has(text) || this.#saidAt.size >= textsMax) return false;
    this.#saidAt.set(text, now);
    return true;
  }
}
