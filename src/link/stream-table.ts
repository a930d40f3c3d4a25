/** Ids are above 0. */
const none = 0;
const slotsMin = 64;

/**
 * The open streams of a link by their ids. A `Map` of what comes and goes with each request makes itself a new table every
 * so often, and V8 keeps what was in the former ones until the whole heap is collected: a seventh of all that requests
 * over links allocate. This one leaves nothing behind. Ids are given one after the other, so each nearly always finds
 * its own slot; else the next free one (linear probing; who leaves lets those behind it move up).
 */
export class StreamTable<Stream> {
  #ids = noIds(slotsMin);
  #streams = noStreams<Stream>(slotsMin);
  #mask = slotsMin - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Stream | undefined {
    return this.#streams[this.#find(id)];
  }

  /** The id must not be in it. */
  add(id: number, stream: Stream): void {
    if (this.#size * 2 > this.#mask) this.#grow();
    const slot = this.#find(id);
    this.#ids[slot] = id;
    this.#streams[slot] = stream;
    this.#size += 1;
  }

  /** False: it was not in it. */
  delete(id: number): boolean {
    let gap = this.#find(id);
    if (this.#ids[gap] === none) return false;
    this.#size -= 1;
    for (let slot = this.#after(gap); this.#ids[slot] !== none; slot = this.#after(slot)) {
      const home = (this.#ids[slot] ?? none) & this.#mask;
      // It may move up only where it is still found from its home on.
      if (((slot - home) & this.#mask) < ((slot - gap) & this.#mask)) continue;
      this.#ids[gap] = this.#ids[slot] ?? none;
      this.#streams[gap] = this.#streams[slot];
      gap = slot;
    }
    this.#ids[gap] = none;
    this.#streams[gap] = undefined;
    return true;
  }

  /** Those of now: they may come and go meanwhile. */
  all(): Stream[] {
    return this.#streams.filter((stream) => stream !== undefined);
  }

  /** The slot of this id, or the free one where it would be. */
  #find(id: number): number {
    let slot = id & this.#mask;
    while (this.#ids[slot] !== id && this.#ids[slot] !== none) slot = this.#after(slot);
    return slot;
  }

  #after(slot: number): number {
    return (slot + 1) & this.#mask;
  }

  #grow(): void {
    const [ids, streams] = [this.#ids, this.#streams];
    const slots = ids.length * 2;
    this.#ids = noIds(slots);
    this.#streams = noStreams<Stream>(slots);
    this.#mask = slots - 1;
    this.#size = 0;
    ids.forEach((id, slot) => {
      const stream = streams[slot];
      if (id !== none && stream !== undefined) this.add(id, stream);
    });
  }
}

function noIds(slots: number): number[] {
  return Array.from({ length: slots }, () => none);
}

function noStreams<Stream>(slots: number): (Stream | undefined)[] {
  return Array.from({ length: slots }, () => undefined);
}
