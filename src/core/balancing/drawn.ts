import { type Candidate, type Chance, rampShare } from "./candidate.ts";
import type { Chooser } from "./chooser.ts";
import { latencyNow } from "./latency.ts";
import { WeightedBag } from "./weighted-bag.ts";

/** With two equal workers a vain search for the second happens once in 2^16 choices; its expected length is two. */
const drawsMax = 16;

/** `random`: by weight alone. What it costs does not depend on the number of workers. */
export class RandomChoice<Worker extends Candidate> implements Chooser<Worker> {
  protected readonly bag = new WeightedBag<Worker>();
  protected readonly slowStartMs: number;
  readonly #chance: Chance;

  constructor(slowStartMs: number, chance: Chance) {
    this.slowStartMs = slowStartMs;
    this.#chance = chance;
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
    return this.draw(now, undefined);
  }

  /** By weight, not `other`; a worker in slow start is passed over in proportion. Undefined after some vain draws. */
  protected draw(now: number, other: Worker | undefined): Worker | undefined {
    let warming: Worker | undefined;
    for (let draws = 0; draws < drawsMax; draws += 1) {
      const worker = this.bag.draw(this.#chance);
      if (worker === undefined) return undefined;
      if (worker === other) continue;
      const share = rampShare(worker, this.slowStartMs, now);
      if (share >= 1 || this.#chance() < share) return worker;
      warming = worker;
    }
    return warming;
  }
}

const alikeFactor = 1.25;
/** Differences of latency below this are noise. */
const latencyFloorMs = 1;
/** Longer silence is the stall rule's business; it says no more about the latency. */
const silentMsMax = 500;

/**
 * `p2c`: two are drawn by weight, and the cheaper one is taken. Costs that differ by less than `alikeFactor` count as
 * equal, and then the first drawn is taken: noise in the latencies must not send everything to one worker.
 */
export class TwoChoices<Worker extends Candidate> extends RandomChoice<Worker> {
  override choose(now: number): Worker | undefined {
    const first = this.draw(now, undefined);
    if (first === undefined || this.bag.size === 1) return first;
    const second = this.draw(now, first);
    if (second === undefined) return first;
    return this.#cost(second, now) * alikeFactor < this.#cost(first, now) ? second : first;
  }

  /**
   * The expected wait: latency (peak EWMA) times the requests ahead, in proportion to the weight. A latency is known
   * only when an answer comes; until then the time that others wait there in silence is the better guess.
   */
  #cost(worker: Worker, now: number): number {
    const silentMs = worker.silentSince === undefined ? 0 : Math.min(silentMsMax, now - worker.silentSince);
    const waitMs = Math.max(latencyNow(worker.latency, now), silentMs);
    return (waitMs + latencyFloorMs) * (1 + this.#load(worker, now));
  }

  /** Requests in flight per share of the traffic: 1 is one request at a worker of average weight. */
  #load(worker: Worker, now: number): number {
    if (worker.inFlight === 0) return 0;
    const averageWeight = this.bag.totalWeight / this.bag.size;
    return (worker.inFlight * averageWeight) / (worker.weight * rampShare(worker, this.slowStartMs, now));
  }
}
