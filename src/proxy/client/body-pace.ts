/** Whether a client sends its request's body in earnest. Asked once every span of time. */
export class BodyPace {
  #lastAt = 0;
  #bytes = 0;
  #heldUp = false;

  begin(now: number): void {
    this.#lastAt = now;
    this.#bytes = 0;
    this.#heldUp = false;
  }

  took(bytes: number, now: number): void {
    this.#lastAt = now;
    this.#bytes += bytes;
  }

  /** It was not read for a while, which is not its fault; from `now` on it is again. */
  wasHeldUp(now: number): void {
    this.#lastAt = now;
    this.#heldUp = true;
  }

  /** No byte in the whole span, or fewer than so many a second. The next span begins. */
  tooSlow(now: number, spanMs: number, bytesPerSecondMin: number): boolean {
    const silent = now - this.#lastAt >= spanMs;
    const slow = !this.#heldUp && this.#bytes < (bytesPerSecondMin * spanMs) / 1000;
    this.#bytes = 0;
    this.#heldUp = false;
    return silent || slow;
  }
}
