/**
 * Who has come and has not shown yet that it may: kept by whom it belongs to, so that where there is no room left, whoever has
 * the most of them gives up its oldest for one who has fewer. Who opens connections and says nothing keeps out nobody but
 * itself. Every step costs the same, however many there are.
 */
export class Newcomers<T> {
  /** Of each holder, the oldest first. */
  readonly #of = new Map<string, Set<T>>();
  readonly #holders = new Map<T, string>();
  /** Holders by how many they have. Invariant: no set is empty. */
  readonly #having = new Map<number, Set<string>>();
  #most = 0;

  get size(): number {
    return this.#holders.size;
  }

  add(holder: string, newcomer: T): void {
    const all = this.#of.get(holder) ?? new Set();
    this.#move(holder, all.size, all.size + 1);
    all.add(newcomer);
    this.#of.set(holder, all);
    this.#holders.set(newcomer, holder);
  }

  /** It may be here, or is gone; as often as you like. */
  delete(newcomer: T): void {
    const holder = this.#holders.get(newcomer);
    const all = holder === undefined ? undefined : this.#of.get(holder);
    if (holder === undefined || all === undefined) return;
    this.#move(holder, all.size, all.size - 1);
    this.#holders.delete(newcomer);
    all.delete(newcomer);
    if (all.size === 0) this.#of.delete(holder);
  }

  /** Who has to go for one more of this holder. Undefined: nobody, as none has more than this one would have then. */
  inPlaceOf(holder: string): T | undefined {
    const own = this.#of.get(holder)?.size ?? 0;
    if (this.#most <= own + 1) return undefined;
    const [greedy = ""] = this.#having.get(this.#most) ?? [];
    const [oldest] = this.#of.get(greedy) ?? [];
    return oldest;
  }

  #move(holder: string, from: number, to: number): void {
    const before = this.#having.get(from);
    before?.delete(holder);
    if (before?.size === 0) this.#having.delete(from);
    if (to > 0) this.#having.set(to, (this.#having.get(to) ?? new Set()).add(holder));
    // It goes by single steps: whoever leaves the highest is then just below.
    if (to > this.#most || !this.#having.has(this.#most)) this.#most = to;
  }
}
