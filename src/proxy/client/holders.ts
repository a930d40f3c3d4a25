/** Who holds how many of a proxy's connections, where that is limited. */
export class Holders {
  readonly #held = new Map<string, number>();

  get size(): number {
    return this.#held.size;
  }

  /** False: it has as many as it may. */
  take(holder: string, max: number): boolean {
    const held = this.#held.get(holder) ?? 0;
    if (held >= max) return false;
    this.#held.set(holder, held + 1);
    return true;
  }

  release(holder: string): void {
    const held = this.#held.get(holder) ?? 0;
    if (held > 1) this.#held.set(holder, held - 1);
    else this.#held.delete(holder);
  }
}
