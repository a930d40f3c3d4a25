import type { Place } from "./flow.ts";
import { type Waiter, WaitingLine } from "./waiting-line.ts";

/**
 * A line for each subset of a service: who waits for one worker holds up nobody who waits for another. The line of a subset
 * is there while somebody waits in it, and no longer: subsets come and go with the configuration.
 */
export class WaitingLines<Item extends Waiter> {
  readonly #whole: WaitingLine<Item>;
  /** Invariant: none is empty, but within `join`. */
  readonly #named = new Map<string, WaitingLine<Item>>();

  constructor(waitMs: number, now: number) {
    this.#whole = new WaitingLine(waitMs, now);
  }

  /** Undefined: nobody waits for the subset. */
  of(subset: string | undefined): WaitingLine<Item> | undefined {
    return subset === undefined ? this.#whole : this.#named.get(subset);
  }

  join(item: Item, subset: string | undefined, now: number): Place<Item> {
    const known = this.of(subset);
    if (subset === undefined || known !== undefined) return (known ?? this.#whole).join(item, now);
    const made = new WaitingLine<Item>(this.#whole.waitMs, now);
    this.#named.set(subset, made);
    return made.join(item, now);
  }

  giveUp(place: Place<Item>, subset: string | undefined, now: number): void {
    this.of(subset)?.giveUp(place, now);
    this.#forgetIfEmpty(subset);
  }

  leave(place: Place<Item>, subset: string | undefined): void {
    this.of(subset)?.leave(place);
    this.#forgetIfEmpty(subset);
  }

  /** It goes to a worker. */
  take(place: Place<Item>, subset: string | undefined, now: number): void {
    this.of(subset)?.take(place, now);
    this.#forgetIfEmpty(subset);
  }

  /** Of all. */
  get length(): number {
    let length = this.#whole.length;
    if (this.#named.size > 0) for (const line of this.#named.values()) length += line.length;
    return length;
  }

  /** The longest that anybody may wait. */
  set waitMs(waitMs: number) {
    for (const line of this) line.waitMs = waitMs;
  }

  get waitMs(): number {
    return this.#whole.waitMs;
  }

  *[Symbol.iterator](): IterableIterator<WaitingLine<Item>> {
    yield this.#whole;
    yield* this.#named.values();
  }

  #forgetIfEmpty(subset: string | undefined): void {
    if (subset !== undefined && this.#named.get(subset)?.length === 0) this.#named.delete(subset);
  }
}
