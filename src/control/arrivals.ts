/** More sessions than this in a second are a crowd. */
const crowdPerSecond = 250;
/** Twice as long as a crowd of 10,000 should take. */
const spreadMs = 10_000;
const secondMs = 1_000;

/** How many sessions came lately, and what follows for those that come now. */
export class Arrivals {
  #secondAt = Number.NEGATIVE_INFINITY;
  #inThis = 0;
  #inLast = 0;

  /** One more came. Gives the time over which its sessions with other controllers should spread; undefined: none. */
  came(now: number): number | undefined {
    const passedMs = now - this.#secondAt;
    if (passedMs >= secondMs) {
      this.#inLast = passedMs < 2 * secondMs ? this.#inThis : 0;
      this.#inThis = 0;
      this.#secondAt = now;
    }
    this.#inThis += 1;
    return Math.max(this.#inThis, this.#inLast) <= crowdPerSecond ? undefined : spreadMs;
  }
}
