import { initialCreditBytes } from "./frames.ts";

/** More than this outstanding is no honest grant. */
const creditBytesMax = 2 ** 31;

/** What this side may still send on one direction of a stream. Invariant: `left` is never negative. */
export class SendCredit {
  left = initialCreditBytes;

  spend(bytes: number): void {
    this.left -= bytes;
  }

  /** False: more than anyone may give; the link is broken. */
  granted(bytes: number): boolean {
    this.left += bytes;
    return bytes > 0 && this.left <= creditBytesMax;
  }
}

/** What the other side may still send, and what of it is to be given back. */
export class ReceiveCredit {
  #left = initialCreditBytes;
  #passedOn = 0;

  /** False: more than was allowed; the link is broken. */
  received(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /**
   * The bytes are out of this side's memory. Returns how many to give back now: nothing until half is used, so that
   * short messages cost no frame.
   */
  passedOn(bytes: number): number {
    this.#passedOn += bytes;
    if (this.#passedOn < initialCreditBytes / 2) return 0;
    const back = this.#passedOn;
    this.#passedOn = 0;
    this.#left += back;
    return back;
  }
}
