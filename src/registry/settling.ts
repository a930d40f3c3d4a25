export const settlingNumbers = {
  /** The usual lease, and a margin for full-jitter reconnects. */
  leastMs: 4_000,
  /** Whoever comes later has to be missed for a moment. */
  mostMs: 15_000,
  lookEveryMs: 1_000,
  /** More than this, and more than a hundredth of those that are here, within one look are a crowd. */
  crowdMin: 20,
  crowdShare: 1 / 100,
} as const;

/**
 * When a controller that began with nothing, and whom no settled peer tells what there is, knows enough for its table to be
 * the truth. Too soon, and workers that live vanish from the proxies' tables until they come; too late, and a service without
 * workers is waited for. So it takes as long as workers come in a crowd: ten thousand on a busy machine need more than four
 * seconds for their sessions.
 */
export class Settling {
  readonly #startedAt: number;
  #lookedAt: number;
  #sessions = 0;
  #crowded = false;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
    this.#lookedAt = startedAt;
  }

  /** `sessions`: so many there are. */
  isOver(sessions: number, now: number): boolean {
    const { crowdMin, crowdShare, leastMs, lookEveryMs, mostMs } = settlingNumbers;
    if (now - this.#lookedAt >= lookEveryMs) {
      this.#crowded = sessions - this.#sessions > Math.max(crowdMin, sessions * crowdShare);
      this.#sessions = sessions;
      this.#lookedAt = now;
    }
    const age = now - this.#startedAt;
    return age >= mostMs || (age >= leastMs && !this.#crowded);
  }
}
