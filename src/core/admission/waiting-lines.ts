import type { Place } from "./flow.ts";
import { type Waiter, WaitingLine } from "./waiting-line.ts";

/**
 * A line for each subset of a service: who waits for one worker holds up nobody who waits for another. The line of a subset
 * is there while somebody waits in it, and no longer: subsets come and go with the configuration. They are given in the
 * order in which it is their turn, those served last at the end.
 */
export class WaitingLines<Item extends Waiter> {
  /** Of those who would go to any worker. */
  readonly #whole: WaitingLine<Item>;
  /** Invariant: none is empty, but for that of the whole, and within `join`. */
  readonly #lines = new Map<string | undefined, WaitingLine<Item>>();

  constructor(waitMs: number, now: number) {
    this.#whole = new WaitingLine(waitMs, now);
    this.#lines.set(undefined, this.#whole);
  }

  /** Undefined: nobody waits for the subset. */
  of(subset: string | undefined): WaitingLine<Item> | undefined {
    return subset === undefined ? this.#whole : this.#lines.get(subset);
  }

  join(item: Item, subset: string | undefined, now: number): Place<Item> {
    const known = this.of(subset);
    if (known !== undefined) return known.join(item, now);
    const made = new WaitingLine<Item>(this.#whole.waitMs, now);
    this.#lines.set(subset, made);
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

  /** It goes to a worker: the turn is the other lines'. */
  take(place: Place<Item>, subset: string | undefined, now: number): void {
    const line = this.of(subset);
    line?.take(place, now);
    if (line === undefined || this.#lines.size === 1) return;
    this.#lines.delete(subset);
    if (subset === undefined || line.length > 0) this.#lines.set(subset, line);
  }

  /** Of all. */
  get length(): number {
    if (this.#lines.size === 1) return this.#whole.length;
    let length = 0;
    for (const line of this) length += line.length;
    return length;
  }

  /** The longest that anybody may wait. */
  set waitMs(waitMs: number) {
    for (const line of this) line.waitMs = waitMs;
  }

  get waitMs(): number {
    return this.#whole.waitMs;
  }

  [Symbol.iterator](): IterableIterator<WaitingLine<Item>> {
    return this.#lines.values();
  }

  #forgetIfEmpty(subset: string | undefined): void {
    if (subset !== undefined && this.#lines.get(subset)?.length === 0) this.#lines.delete(subset);
  }
}
