import { type Waiter, WaitingLine } from "./waiting-line.ts";

/** A line for each subset of a service, made when first asked for: who waits for one worker holds up nobody who waits for another. */
export class WaitingLines<Item extends Waiter> {
  readonly #whole: WaitingLine<Item>;
  readonly #named = new Map<string, WaitingLine<Item>>();

  constructor(waitMs: number, now: number) {
    this.#whole = new WaitingLine(waitMs, now);
  }

  of(subset: string | undefined, now: number): WaitingLine<Item> {
    if (subset === undefined) return this.#whole;
    const known = this.#named.get(subset);
    if (known !== undefined) return known;
    const made = new WaitingLine<Item>(this.#whole.waitMs, now);
    this.#named.set(subset, made);
    return made;
  }

  /** Of all. */
  get length(): number {
    let length = this.#whole.length;
    if (this.#named.size > 0) for (const line of this.#named.values()) length += line.length;
    return length;
  }

  set waitMs(waitMs: number) {
    for (const line of this) line.waitMs = waitMs;
  }

  *[Symbol.iterator](): IterableIterator<WaitingLine<Item>> {
    yield this.#whole;
    yield* this.#named.values();
  }
}
