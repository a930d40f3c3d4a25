/** First in, first out; taking from a long one costs no more than from a short one. */
export class Fifo<T> {
  #items: T[] = [];
  #from = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#from === this.#items.length) return undefined;
    const item = this.#items[this.#from];
    this.#from += 1;
    // What was taken is given up in one go, once it is half of all.
    if (this.#from * 2 > this.#items.length) this.#compact();
    return item;
  }

  /** All that is in it; it is empty then. */
  takeAll(): T[] {
    this.#compact();
    const all = this.#items;
    this.#items = [];
    return all;
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#from);
    this.#from = 0;
  }
}
