interface WeightClass<Item> {
  readonly exponent: number;
  /** An item and its weight have the same position. */
  readonly items: Item[];
  readonly weights: number[];
  total: number;
  /** None is heavier. */
  most: number;
}

interface Seat<Item> {
  readonly weightClass: WeightClass<Item>;
  /** Position in the class. */
  at: number;
}

/** The chance of so many vain draws within one class is below 2^-60. */
const drawsMax = 60;

/**
 * Drawing by weight from a set that changes. Putting in, taking out and drawing cost the same however many items there
 * are. The weights of one class differ by less than two times: an item drawn evenly from a class is kept with its share of
 * the heaviest one's weight, so in more than half of the draws; and a class is drawn by the sum of its weights. There
 * are at most as many classes as doublings between the least and the greatest weight: one for equals.
 */
export class WeightedBag<Item> {
  totalWeight = 0;
  readonly #seats = new Map<Item, Seat<Item>>();
  readonly #classes: WeightClass<Item>[] = [];

  get size(): number {
    return this.#seats.size;
  }

  /** All of them, in no order. For a bag that holds few. */
  items(): readonly Item[] {
    const [first, ...others] = this.#classes;
    return others.length === 0 ? (first?.items ?? []) : this.#classes.flatMap(({ items }) => items);
  }

  /** One that is in it already stays as it is. `weight` is above 0. */
  put(item: Item, weight: number): void {
    if (this.#seats.has(item)) return;
    const weightClass = this.#classOf(weight);
    this.#seats.set(item, { weightClass, at: weightClass.items.length });
    weightClass.items.push(item);
    weightClass.weights.push(weight);
    weightClass.total += weight;
    weightClass.most = Math.max(weightClass.most, weight);
    this.totalWeight += weight;
  }

  /** False: it was not in it. */
  take(item: Item): boolean {
    const seat = this.#seats.get(item);
    if (seat === undefined) return false;
    this.#seats.delete(item);
    const { weightClass, at } = seat;
    const { items, weights } = weightClass;
    const weight = weights[at] ?? 0;
    this.#moveLastTo(weightClass, at);
    weightClass.total -= weight;
    this.totalWeight = this.#seats.size === 0 ? 0 : this.totalWeight - weight;
    if (items.length === 0) this.#classes.splice(this.#classes.indexOf(weightClass), 1);
    return true;
  }

  /** The last of the class takes the place of the one at `at`. */
  #moveLastTo({ items, weights }: WeightClass<Item>, at: number): void {
    const item = items.pop();
    const weight = weights.pop();
    if (item === undefined || weight === undefined || at === items.length) return;
    items[at] = item;
    weights[at] = weight;
    const seat = this.#seats.get(item);
    if (seat !== undefined) seat.at = at;
  }

  /** `chance` gives numbers in [0, 1). Undefined: there is nothing in it. */
  draw(chance: () => number): Item | undefined {
    const weightClass = this.#drawClass(chance);
    if (weightClass === undefined) return undefined;
    const { items, weights, most } = weightClass;
    let at = 0;
    for (let draws = 0; draws < drawsMax; draws += 1) {
      at = Math.floor(chance() * items.length);
      const weight = weights[at] ?? 0;
      if (weight === most || chance() * most < weight) break;
    }
    return items[at];
  }

  #drawClass(chance: () => number): WeightClass<Item> | undefined {
    const classes = this.#classes;
    if (classes.length <= 1) return classes[0];
    let left = chance() * this.totalWeight;
    for (const weightClass of classes) {
      left -= weightClass.total;
      if (left < 0) return weightClass;
    }
    return classes[0];
  }

  #classOf(weight: number): WeightClass<Item> {
    const exponent = Math.floor(Math.log2(weight));
    let found = this.#classes.find((each) => each.exponent === exponent);
    if (found === undefined) {
      found = { exponent, items: [], weights: [], total: 0, most: 0 };
      this.#classes.push(found);
    }
    return found;
  }
}
