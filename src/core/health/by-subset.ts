/**
 * One for the requests of the whole service, and one for those of each subset, made when it is first asked for: as many as there are
 * names, until these are forgotten. Every answer passes here.
 */
export class BySubset<Each> {
  readonly #make: (subset: string | undefined) => Each;
  readonly #whole: Each;
  #named: Map<string, Each> | undefined;

  constructor(make: (subset: string | undefined) => Each) {
    this.#make = make;
    this.#whole = make(undefined);
  }

  of(subset: string | undefined): Each {
    if (subset === undefined) return this.#whole;
    this.#named ??= new Map();
    let each = this.#named.get(subset);
    if (each === undefined) {
      each = this.#make(subset);
      this.#named.set(subset, each);
    }
    return each;
  }

  /** They mean other workers from now on, or nothing any more. */
  forgetNames(): void {
    this.#named = undefined;
  }
}
