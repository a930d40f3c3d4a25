import { type Candidate, type Chance, rampShare } from "./candidate.ts";
import type { Chooser } from "./chooser.ts";
import { WeightedBag } from "./weighted-bag.ts";

/** Where all are in their first moment, so many are passed over before one is taken all the same. */
const drawsMax = 16;

/**
 * `random`: by weight alone. For workers that are all alike and requests that are all alike, where even a counter is
 * too much to look at; its tail is the worst of all. Cost: the same for any number of workers. Source: folklore; the
 * bag it draws from is that of Matias, Vitter and Ni, Dynamic Generation of Discrete Random Variates, 2003.
 */
export class RandomChoice<Worker extends Candidate> implements Chooser<Worker> {
  protected readonly bag = new WeightedBag<Worker>();
  protected readonly slowStartMs: number;
  protected readonly chance: Chance;

  constructor(slowStartMs: number, chance: Chance) {
    this.slowStartMs = slowStartMs;
    this.chance = chance;
  }

  add(worker: Worker): void {
    this.bag.put(worker, worker.weight);
  }

  remove(worker: Worker): void {
    this.bag.take(worker);
  }

  setAside(worker: Worker): void {
    this.bag.take(worker);
  }

  bringBack(worker: Worker): void {
    this.add(worker);
  }

  choose(now: number): Worker | undefined {
    return this.draw(now);
  }

  /** By weight; a worker in slow start is passed over in proportion. Undefined: there is none. */
  protected draw(now: number): Worker | undefined {
    let warming: Worker | undefined;
    for (let draws = 0; draws < drawsMax; draws += 1) {
      const worker = this.bag.draw(this.chance);
      if (worker === undefined) return undefined;
      const share = rampShare(worker, this.slowStartMs, now);
      if (share >= 1 || this.chance() < share) return worker;
      warming = worker;
    }
    return warming;
  }
}
