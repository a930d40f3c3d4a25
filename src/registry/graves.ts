const gravesMax = 20_000;

/** Generations of workers that are forgotten: an old life must stay refused. Bounded; the oldest go first. */
export class Graves {
  readonly #generations = new Map<string, number>();

  bury(key: string, generation: number): void {
    this.#generations.delete(key);
    this.#generations.set(key, generation);
    if (this.#generations.size <= gravesMax) return;
    const oldest = this.#generations.keys().next();
    if (oldest.done !== true) this.#generations.delete(oldest.value);
  }

  /** 0 when nothing is known. */
  highest(key: string): number {
    return this.#generations.get(key) ?? 0;
  }
}
