import type { Candidate } from "./candidate.ts";
import { hashText, mix, unitOf } from "./hash.ts";
import type { KeyIndex } from "./key-index.ts";
import { WeightedBag } from "./weighted-bag.ts";

/** A prime, the paper's smaller one: with up to 655 workers shares differ by less than 1 %. */
const tableSize = 65_537;
const retriesMax = 16;
const nobody = -1;

/**
 * `maglev`: a table of 65,537 places, which the workers fill in turn, each in an order of its own; a key is one look into
 * it. The evenest of the policies by key, and the cheapest to ask; but every worker that comes or goes costs a new
 * table (some milliseconds, when it is next asked), and moves a few keys of the others, too.
 *
 * For a service whose workers hardly change. Cost: one look, whatever the number of workers. Source: Eisenbud et al.,
 * Maglev: A Fast and Reliable Software Network Load Balancer, NSDI 2016; weights as Envoy has them.
 */
export class Maglev<Worker extends Candidate> implements KeyIndex<Worker> {
  readonly #members = new Set<Worker>();
  readonly #present = new WeightedBag<Worker>();
  readonly #aside = new Set<Worker>();
  #workers: Worker[] = [];
  readonly #table = new Int32Array(tableSize);
  #isOld = true;

  add(worker: Worker): void {
    this.#members.add(worker);
    this.#present.put(worker, worker.weight);
    this.#isOld = true;
  }

  remove(worker: Worker): void {
    if (!this.#members.delete(worker)) return;
    if (!this.#present.take(worker)) this.#aside.delete(worker);
    this.#isOld = true;
  }

  setAside(worker: Worker): void {
    if (this.#present.take(worker)) this.#aside.add(worker);
  }

  bringBack(worker: Worker): void {
    if (this.#aside.delete(worker)) this.#present.put(worker, worker.weight);
  }

  find(hash: number): Worker | undefined {
    if (this.#present.size === 0) return undefined;
    if (this.#isOld) this.#fill();
    for (let retry = 0; retry < retriesMax; retry += 1) {
      const place = (retry === 0 ? hash : mix(hash, retry)) % tableSize;
      const worker = this.#workers[this.#table[place] ?? nobody];
      if (worker !== undefined && !this.#aside.has(worker)) return worker;
    }
    let draws = retriesMax;
    return this.#present.draw(() => unitOf(mix(hash, (draws += 1))));
  }

  /** In turn each worker takes the first free place of its own order; lighter ones sit out some turns. */
  #fill(): void {
    this.#isOld = false;
    this.#workers = [...this.#members].sort((one, other) => (one.id < other.id ? -1 : 1));
    const most = Math.max(...this.#workers.map(({ weight }) => weight));
    const turns = this.#workers.map(({ id, weight }) => ({
      next: hashText(id) % tableSize,
      step: (mix(hashText(id), 1) % (tableSize - 1)) + 1,
      share: weight / most,
      owed: 0,
    }));
    this.#table.fill(nobody);
    for (let filled = 0; ;) {
      for (const [index, turn] of turns.entries()) {
        turn.owed += turn.share;
        if (turn.owed < 1) continue;
        turn.owed -= 1;
        while (this.#table[turn.next] !== nobody) turn.next = (turn.next + turn.step) % tableSize;
        this.#table[turn.next] = index;
        filled += 1;
        if (filled === tableSize) return;
      }
    }
  }
}
