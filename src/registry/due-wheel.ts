/**
 * Things that are due at a time, found without a timer each. Coarse: something is taken at most `slotMs` late, and
 * never early. Putting and taking cost the same for ten and for ten thousand.
 */
export class DueWheel<Thing> {
  readonly #slotMs: number;
  readonly #slots = new Map<number, Thing[]>();
  #nextSlot: number;

  constructor(slotMs: number, now: number) {
    this.#slotMs = slotMs;
    this.#nextSlot = Math.ceil(now / slotMs);
  }

  get empty(): boolean {
    return this.#slots.size === 0;
  }

  put(thing: Thing, dueAt: number): void {
    if (dueAt === Number.POSITIVE_INFINITY) return;
    const slot = Math.max(Math.ceil(dueAt / this.#slotMs), this.#nextSlot);
    const things = this.#slots.get(slot);
    if (things === undefined) this.#slots.set(slot, [thing]);
    else things.push(thing);
  }

  /** Everything due by now, earliest first. */
  take(now: number): Thing[] {
    const last = Math.floor(now / this.#slotMs);
    const due: Thing[] = [];
    if (this.#slots.size > 0) {
      if (last - this.#nextSlot > this.#slots.size * 4) this.#takeSparse(last, due);
      else for (let slot = this.#nextSlot; slot <= last; slot += 1) this.#empty(slot, due);
    }
    this.#nextSlot = Math.max(this.#nextSlot, last + 1);
    return due;
  }

  /** After a long pause few slots are filled of many that passed. */
  #takeSparse(last: number, due: Thing[]): void {
    const filled = [...this.#slots.keys()].filter((slot) => slot <= last).sort((one, other) => one - other);
    for (const slot of filled) this.#empty(slot, due);
  }

  #empty(slot: number, due: Thing[]): void {
    const things = this.#slots.get(slot);
    if (things === undefined) return;
    this.#slots.delete(slot);
    for (const thing of things) due.push(thing);
  }
}
