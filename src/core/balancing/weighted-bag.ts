interface Seat<Item> {
  readonly item: Item;
  readonly weight: number;
  readonly weightClass: WeightClass<Item>;
  /** Position among the seats of the class. */
  at: number;
}

interface WeightClass<Item> {
  readonly exponent: number;
  readonly seats: Seat<Item>[];
  total: number;
  /** No seat is heavier. */
  most: number;
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

  /** The item must not be in it. `weight` is above 0. */
  put(item: Item, weight: number): void {
    const weightClass = this.#classOf(weight);
    const seat = { item, weight, weightClass, at: weightClass.seats.length };
    weightClass.seats.push(seat);
    weightClass.total += weight;
    weightClass.most = Math.max(weightClass.most, weight);
    this.totalWeight += weight;
    this.#seats.set(item, seat);
  }

  /** False: it was not in it. */
  take(item: Item): boolean {
    const seat = this.#seats.get(item);
    if (seat === undefined) return false;
    this.#seats.delete(item);
    const { weightClass, weight, at } = seat;
    const last = weightClass.seats.pop();
    if (last !== undefined && last !== seat) {
      weightClass.seats[at] = last;
      last.at = at;
    }
    weightClass.total -= weight;
    this.totalWeight = this.#seats.size === 0 ? 0 : this.totalWeight - weight;
    if (weightClass.seats.length === 0) this.#classes.splice(this.#classes.indexOf(weightClass), 1);
    return true;
  }

  /** `chance` gives numbers in [0, 1). Undefined: there is nothing in it. */
  draw(chance: () => number): Item | undefined {
    const { seats, most } = this.#drawClass(chance) ?? nobody;
    let seat: Seat<Item> | undefined;
    for (let draws = 0; draws < drawsMax; draws += 1) {
      seat = seats[Math.floor(chance() * seats.length)];
      if (seat === undefined || seat.weight === most || chance() * most < seat.weight) break;
    }
    return seat?.item;
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
      found = { exponent, seats: [], total: 0, most: 0 };
      this.#classes.push(found);
    }
    return found;
  }
}

const nobody: { readonly seats: readonly never[]; readonly most: number } = { seats: [], most: 0 };
