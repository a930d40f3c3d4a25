/**
 * Time as token buckets count it: a whole bucket takes as long to fill under any rules. So new rules change nothing but the
 * pace of this clock, and every bucket keeps its fill, however many there are. Begins as the time it is given.
 */
export class BucketClock {
  /** Of this time in one of the given. */
  pace = 1;
  /** A whole bucket, in this time. */
  #wholeMs = 0;
  #fullMs = 0;
  #pacedAt = 0;
  #pacedSince = 0;

  /** `fullMs`: so long an empty bucket takes until it is full, from now on. */
  at(now: number, fullMs: number): number {
    if (fullMs !== this.#fullMs) this.#changePace(now, fullMs);
    return this.#timeAt(now);
  }

  #changePace(now: number, fullMs: number): void {
    if (this.#fullMs === 0) this.#wholeMs = fullMs;
    this.#pacedAt = this.#timeAt(now);
    this.#pacedSince = now;
    this.#fullMs = fullMs;
    this.pace = this.#wholeMs / fullMs;
  }

  #timeAt(now: number): number {
    return this.#pacedAt + (now - this.#pacedSince) * this.pace;
  }
}
