import { recordMax } from "../tls/empty-records.ts";

/**
 * Whether a client sends its request's body in earnest. Asked once every span of time. `arrived`: so many bytes have come below TLS,
 * where there is any. A record gives content only when it is whole, which may take longer than a span: what has come of it counts.
 */
export class BodyPace {
  #lastAt = 0;
  #bytes = 0;
  #heldUp = false;
  /** As content came last. */
  #arrived = 0;
  /** So much of a record that was not whole has been counted. */
  #part = 0;

  begin(now: number, arrived = 0): void {
    this.#lastAt = now;
    this.#bytes = 0;
    this.#heldUp = false;
    this.#arrived = arrived;
    this.#part = 0;
  }

  took(bytes: number, now: number, arrived = 0): void {
    this.#lastAt = now;
    this.#bytes += bytes;
    this.#arrived = arrived;
  }

  /** It was not read for a while, which is not its fault; from `now` on it is again. */
  wasHeldUp(now: number): void {
    this.#lastAt = now;
    this.#heldUp = true;
  }

  /** No byte in the whole span, or fewer than so many a second. The next span begins. */
  tooSlow(now: number, spanMs: number, bytesPerSecondMin: number, arrived = 0): boolean {
    const part = Math.min(recordMax, arrived - this.#arrived);
    const grown = part - this.#part;
    const silent = now - this.#lastAt >= spanMs && grown <= 0;
    const slow = !this.#heldUp && this.#bytes + grown < (bytesPerSecondMin * spanMs) / 1000;
    this.#bytes = 0;
    this.#heldUp = false;
    this.#part = part;
    return silent || slow;
  }
}
