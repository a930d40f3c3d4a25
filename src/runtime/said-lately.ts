import type { Clock } from "./clock.ts";

/** How long the same complaint is not said again, where nothing else is wanted. */
const minuteMs = 60_000;

/**
 * Keeps what fails ten times a second from filling the log, which may lie on the very disk that is full: a text is said
 * at once, and while it goes on once a minute, or as often as is wanted.
 */
export class SaidLately {
  readonly #clock: Pick<Clock, "now">;
  readonly #quietMs: number;
  #text = "";
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, "now">, quietMs = minuteMs) {
    this.#clock = clock;
    this.#quietMs = quietMs;
  }

  /** True: say it. */
  mayBeSaid(text: string): boolean {
    const now = this.#clock.now();
    if (text === this.#text && now - this.#saidAt < this.#quietMs) return false;
    this.#text = text;
    this.#saidAt = now;
    return true;
  }
}
