import { type Candidate, type Chance, rampShare } from "./candidate.ts";
import type { Chooser } from "./chooser.ts";
import { hashText, mix, unitOf } from "./hash.ts";
import type { KeyIndex } from "./key-index.ts";

/** So many may be passed over for one request: in slow start, or with more than their bound. */
const passedOverMax = 16;

/**
 * A policy by key: what has the same key goes to the same worker, as long as that is there. Without a key, chance
 * stands for it.
 *
 * A worker in slow start takes over its keys one by one, as its share grows; until then they are where they would be
 * without it. `bound`: consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, 2018): a worker with more
 * than so many times its fair share of the requests in flight is passed over, and the key's next one serves. 1.25 is
 * usual; lower spreads more and keeps less together; Infinity keeps all together, whatever it does to the worker.
 */
export class KeyedChoice<Worker extends Candidate> implements Chooser<Worker> {
  readonly #index: KeyIndex<Worker>;
  readonly #slowStartMs: number;
  readonly #chance: Chance;
  readonly #bound: number;
  /** Requests in flight of each, as they were told last. */
  readonly #inFlight = new Map<Worker, number>();
  #requests = 0;
  #weight = 0;

  constructor(index: KeyIndex<Worker>, slowStartMs: number, chance: Chance, bound: number) {
    this.#index = index;
    this.#slowStartMs = slowStartMs;
    this.#chance = chance;
    this.#bound = bound;
  }

  add(worker: Worker): void {
    this.#index.add(worker);
    this.#inFlight.set(worker, worker.inFlight);
    this.#requests += worker.inFlight;
    this.#weight += worker.weight;
  }

  remove(worker: Worker): void {
    const inFlight = this.#inFlight.get(worker);
    if (inFlight === undefined) return;
    this.#index.remove(worker);
    this.#inFlight.delete(worker);
    this.#requests -= inFlight;
    this.#weight = this.#inFlight.size === 0 ? 0 : this.#weight - worker.weight;
  }

  setAside(worker: Worker): void {
    this.#index.setAside(worker);
  }

  bringBack(worker: Worker): void {
    this.#index.bringBack(worker);
  }

  readonly loadChanged = (worker: Worker): void => {
    const before = this.#inFlight.get(worker);
    if (before === undefined) return;
    this.#inFlight.set(worker, worker.inFlight);
    this.#requests += worker.inFlight - before;
  };

  choose(now: number, key?: number): Worker | undefined {
    const hash = key ?? Math.floor(this.#chance() * 4_294_967_296);
    const passedOver: Worker[] = [];
    let worker = this.#index.find(hash);
    while (worker !== undefined && passedOver.length < passedOverMax && !this.#takes(worker, hash, now)) {
      passedOver.push(worker);
      this.#index.setAside(worker);
      worker = this.#index.find(hash);
    }
    for (const each of passedOver) this.#index.bringBack(each);
    return worker ?? passedOver[0];
  }

  #takes(worker: Worker, hash: number, now: number): boolean {
    const share = rampShare(worker, this.#slowStartMs, now);
    if (share < 1 && unitOf(mix(hash, hashText(worker.id))) >= share) return false;
    if (this.#bound === Infinity) return true;
    const fair = ((this.#requests + 1) * worker.weight) / this.#weight;
    return worker.inFlight < Math.ceil(this.#bound * fair);
  }
}
