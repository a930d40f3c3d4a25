import type { Clock } from "./clock.ts";

/** No reading that could be counted on is higher: some 140,000 years. */
const readingMax = 2 ** 52;

/**
 * The time by which lives of workers are ordered, wherever they began. The monotonic clocks of hosts cannot be compared,
 * and wall clocks may be set; so each controller goes by its own monotonic clock, raised to the highest reading that any
 * other told it. Readings travel with what the controllers tell each other anyway (`alive` between peers, the records by
 * which they find each other in the store).
 *
 * Invariants: it never goes back, and is never behind a reading that was heard. So of two lives the later one has the
 * higher reading when they began further apart than news takes to travel (half a second between peers, one over the
 * store): also while hosts cannot reach each other, for all go on at the same pace. On one host nothing is ever raised,
 * as its processes share one clock.
 */
export class ClusterClock {
  readonly #clock: Pick<Clock, "now">;
  #aheadMs = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#aheadMs;
  }

  /** Another controller's reading, from outside: what is no reading is passed over. */
  heard(reading: unknown): void {
    if (typeof reading !== "number" || !(reading >= 0 && reading <= readingMax)) return;
    this.#aheadMs += Math.max(0, reading - this.now());
  }
}
