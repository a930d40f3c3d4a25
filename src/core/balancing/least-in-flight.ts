import { type Candidate, type Chance, rampShare } from "./candidate.ts";
import type { Chooser } from "./chooser.ts";
import { Heap, type Heaped } from "./heap.ts";

interface Place<Worker> extends Heaped {
  readonly worker: Worker;
  /** What its requests in flight per weight would be with one more. */
  load: number;
  /** Among equal loads the one that was chosen longest ago goes first. */
  chosenAt: number;
}

/** So many workers in slow start may be passed over for one request. */
const passedOverMax = 16;

/**
 * `least-in-flight`: the fewest requests of this proxy in proportion to the weight; among equals the one that was chosen
 * longest ago. For few gateways, equal workers, and requests that take very unequal times: no choice at random ever waits
 * behind a long one while another worker is idle. A worker that is slow fills up as far as the others, and its requests
 * are late; many gateways that see little each all choose alike.
 *
 * A worker in slow start always seems idle: it is taken only with the chance that its share allows. Cost: the logarithm of
 * the number of workers. Source: join the shortest queue (Winston, 1977); nginx `least_conn`, HAProxy `leastconn`.
 */
export class LeastInFlight<Worker extends Candidate> implements Chooser<Worker> {
  readonly #slowStartMs: number;
  readonly #chance: Chance;
  readonly #heap = new Heap<Place<Worker>>(goesBefore);
  readonly #places = new Map<Worker, Place<Worker>>();
  #choices = 0;
  /** Of all that may be chosen. */
  #weight = 0;

  constructor(slowStartMs: number, chance: Chance) {
    this.#slowStartMs = slowStartMs;
    this.#chance = chance;
  }

  /** Chance spreads the first choices: several proxies shall not all begin with the same worker. */
  add(worker: Worker): void {
    const place = { worker, load: loadWithOneMore(worker), chosenAt: this.#choices - this.#chance(), at: -1 };
    this.#places.set(worker, place);
    this.#putIn(place);
  }

  remove(worker: Worker): void {
    this.setAside(worker);
    this.#places.delete(worker);
  }

  setAside(worker: Worker): void {
    const place = this.#places.get(worker);
    if (place === undefined || place.at === -1) return;
    this.#heap.take(place);
    this.#weight = this.#heap.first === undefined ? 0 : this.#weight - worker.weight;
  }

  bringBack(worker: Worker): void {
    const place = this.#places.get(worker);
    if (place !== undefined && place.at === -1) this.#putIn(place);
  }

  #putIn(place: Place<Worker>): void {
    this.#heap.put(place);
    this.#weight += place.worker.weight;
  }

  readonly loadChanged = (worker: Worker): void => {
    const place = this.#places.get(worker);
    if (place === undefined) return;
    place.load = loadWithOneMore(worker);
    this.#heap.moved(place);
  };

  choose(now: number): Worker | undefined {
    const passedOver: Place<Worker>[] = [];
    let place = this.#heap.first;
    while (place !== undefined && passedOver.length < passedOverMax && !this.#isWarm(place.worker, now)) {
      this.#heap.take(place);
      passedOver.push(place);
      place = this.#heap.first;
    }
    for (const each of passedOver) this.#heap.put(each);
    const chosen = place ?? passedOver[0];
    if (chosen === undefined) return undefined;
    this.#choices += 1;
    chosen.chosenAt = this.#choices;
    this.#heap.moved(chosen);
    return chosen.worker;
  }

  #isWarm(worker: Worker, now: number): boolean {
    const share = rampShare(worker, this.#slowStartMs, now);
    return share >= 1 || this.#chance() < (share * worker.weight) / this.#weight;
  }
}

function loadWithOneMore(worker: Candidate): number {
  return (worker.inFlight + 1) / worker.weight;
}

function goesBefore(left: Place<unknown>, right: Place<unknown>): boolean {
  return left.load < right.load || (left.load === right.load && left.chosenAt < right.chosenAt);
}
