/**
 * Counters by a name of the configuration, of which only so many can be reported. With more, those are forgotten whose name is gone,
 * the longest gone first; then newer ones are not told of.
 */
export class NamedCounters<Counters> {
  readonly #byName = new Map<string, Counters>();
  /** Counted, and in no table any more. */
  readonly #gone = new Set<string>();
  readonly #countMax: number;
  readonly #make: () => Counters;

  constructor(countMax: number, make: () => Counters) {
    this.#countMax = countMax;
    this.#make = make;
  }

  /** Undefined: too many are counted already. */
  of(name: string): Counters | undefined {
    this.#gone.delete(name);
    const known = this.#byName.get(name);
    if (known !== undefined || !this.#hasRoom()) return known;
    const counters = this.#make();
    this.#byName.set(name, counters);
    return counters;
  }

  /** Nobody asks for it any more: it makes way when there are too many. */
  gone(name: string): void {
    if (this.#byName.has(name)) this.#gone.add(name);
  }

  /** All others are gone. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#byName.keys()) {
      if (names.has(name)) this.#gone.delete(name);
      else this.#gone.add(name);
    }
  }

  *[Symbol.iterator](): Iterator<[name: string, counters: Counters]> {
    yield* this.#byName;
  }

  #hasRoom(): boolean {
    if (this.#byName.size < this.#countMax) return true;
    const [longest] = this.#gone;
    if (longest === undefined) return false;
    this.#gone.delete(longest);
    return this.#byName.delete(longest);
  }
}
