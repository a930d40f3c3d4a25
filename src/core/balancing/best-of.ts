import { type Candidate, type Chance, rampShare } from "./candidate.ts";
import { expectedNow } from "./latency.ts";
import { loadOf, silentMs } from "./load.ts";
import { RandomChoice } from "./random-choice.ts";

/** With three workers, so many draws in a row give the same one once in 81 choices. */
const drawsForOther = 4;
/** A silence of so many times the usual latency, and so much more, is no slow answer. */
const still = { factor: 4, ms: 10 } as const;
/** Of the average that stands for the latency of a worker that has not answered yet. */
const firstShare = 1 / 64;

/**
 * The power of several choices: some are drawn by weight (all are looked at where there are no more), and the one of
 * least cost is taken; the first drawn among those that are alike. So nothing is a rush: of several gateways, each
 * looks at others.
 *
 * A worker in slow start is taken only where it was drawn first, by its small share, unless the first is younger still: a
 * new worker, which always seems idle, never gets more than that. One that stands still is drawn anew: where all others
 * are younger, it would be compared with nobody.
 */
export abstract class BestOf<Worker extends Candidate> extends RandomChoice<Worker> {
  readonly #looks: number;
  /** Costs that differ by less count as equal: noise must not send everything to one worker. */
  readonly #alikeFactor: number;
  #usualMs = 0;

  constructor(slowStartMs: number, chance: Chance, looks: number, alikeFactor: number) {
    super(slowStartMs, chance);
    this.#looks = looks;
    this.#alikeFactor = alikeFactor;
  }

  /** Above 0. */
  protected abstract cost(worker: Worker, now: number): number;

  override choose(now: number): Worker | undefined {
    const first = this.#drawFirst(now);
    if (first === undefined || this.bag.size === 1) return first;
    this.#learn(first, now);
    const share = rampShare(first, this.slowStartMs, now);
    const all = this.bag.size <= this.#looks ? this.bag.items() : undefined;
    const from = all === undefined ? 0 : Math.floor(this.chance() * all.length);
    let best = first;
    let leastCost = this.cost(first, now);
    for (let look = all === undefined ? 1 : 0; look < (all?.length ?? this.#looks); look += 1) {
      const worker = all === undefined ? this.#drawOther(best) : all[(from + look) % all.length];
      if (worker === undefined || worker === best) continue;
      if (rampShare(worker, this.slowStartMs, now) < share) continue;
      const cost = this.cost(worker, now);
      if (cost * this.#alikeFactor >= leastCost) continue;
      best = worker;
      leastCost = cost;
    }
    return best;
  }

  #drawFirst(now: number): Worker | undefined {
    let worker = this.draw(now);
    for (let draws = 1; worker !== undefined && draws < drawsForOther; draws += 1) {
      const silence = silentMs(worker, now);
      if (silence <= still.ms) break;
      const usualMs = this.known(expectedNow(worker.latency, now), worker);
      if (silence <= still.factor * usualMs + still.ms) break;
      worker = this.draw(now);
    }
    return worker;
  }

  #drawOther(best: Worker): Worker | undefined {
    let worker: Worker | undefined = best;
    for (let draws = 0; worker === best && draws < drawsForOther; draws += 1)
      worker = this.bag.draw(this.chance);
    return worker;
  }

  /** Requests in proportion to the worker's share of the traffic: 1 is one at a worker of average weight. */
  protected load(worker: Worker, requests: number, now: number): number {
    const averageWeight = this.bag.totalWeight / this.bag.size;
    return loadOf(worker, requests, averageWeight, this.slowStartMs, now);
  }

  /** A latency that stands for one that is not known: a new worker must not seem to answer in no time. */
  protected known(latencyMs: number, { latency }: Worker): number {
    return latency.peakMs === 0 ? this.#usualMs : latencyMs;
  }

  #learn({ latency }: Worker, now: number): void {
    if (latency.peakMs > 0) this.#usualMs += (expectedNow(latency, now) - this.#usualMs) * firstShare;
  }
}
