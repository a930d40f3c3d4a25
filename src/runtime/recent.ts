const kept = 15;

/**
 * The highest of the last values. With one each second, a scrape every 15 s misses no peak between two of them.
 */
export class Recent {
  readonly #values = new Float64Array(kept);
  #next = 0;

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % kept;
  }

  get max(): number {
    return Math.max(...this.#values);
  }
}
