/** What a heap holds: it remembers where it lies, so that it can be taken out from the middle. */
export interface Heaped {
  /** The heap's; -1: it lies in none. */
  at: number;
}

/** A binary heap. Every change costs at most as many steps as the size has binary digits. */
export class Heap<Item extends Heaped> {
  readonly #items: Item[] = [];
  readonly #isBefore: (left: Item, right: Item) => boolean;

  constructor(isBefore: (left: Item, right: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  get first(): Item | undefined {
    return this.#items[0];
  }

  /** One that lies in it already stays there. */
  put(item: Item): void {
    if (item.at !== -1) return;
    item.at = this.#items.push(item) - 1;
    this.#rise(item);
  }

  take(item: Item): void {
    const { at } = item;
    if (at === -1) return;
    item.at = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#place(last, at);
    this.moved(last);
  }

  /** What the order goes by has changed for this item. */
  moved(item: Item): void {
    if (item.at === -1) return;
    this.#rise(item);
    this.#sink(item);
  }

  #place(item: Item, at: number): void {
    this.#items[at] = item;
    item.at = at;
  }

  #rise(item: Item): void {
    while (item.at > 0) {
      const parent = this.#items[(item.at - 1) >> 1];
      if (parent === undefined || !this.#isBefore(item, parent)) return;
      this.#swap(item, parent);
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const left = this.#items[2 * item.at + 1];
      const right = this.#items[2 * item.at + 2];
      const child = left !== undefined && right !== undefined && this.#isBefore(right, left) ? right : left;
      if (child === undefined || !this.#isBefore(child, item)) return;
      this.#swap(child, item);
    }
  }

  #swap(one: Item, other: Item): void {
    const { at } = one;
    this.#place(one, other.at);
    this.#place(other, at);
  }
}
