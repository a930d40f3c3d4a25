const spanMs = 4_000;

/** The highest value of the last four to eight seconds. */
export class RecentPeak {
  #current = 0;
  #before = 0;
  #since = 0;

  note(value: number, now: number): void {
    if (now - this.#since >= spanMs) this.#turn(now);
    if (value > this.#current) this.#current = value;
  }

  recent(now: number): number {
    if (now - this.#since >= spanMs) this.#turn(now);
    return Math.max(this.#current, this.#before);
  }

  #turn(now: number): void {
    this.#before = now - this.#since < 2 * spanMs ? this.#current : 0;
    this.#current = 0;
    this.#since = now;
  }
}
