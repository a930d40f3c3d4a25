import { type Candidate, type Chance, rampShare } from "./candidate.ts";
import { expectedNow } from "./latency.ts";
import { loadOf, requestsOn, silentMs } from "./load.ts";
import { RandomChoice } from "./random-choice.ts";

/** With three workers, so many draws in a row give the same one once in 81 choices. */
const drawsForOther = 4;
/** A silence of so many times the usual latency, and so much more, is no slow answer. */
const still = { factor: 4, ms: 10 } as const;
/** Of the averages that stand for what is usual, what one choice is. */
const choiceShare = 1 / 64;
/** An average of equals comes near to them, but never reaches them. */
const contentFactor = 1.01;

export interface LookRule {
  /** At so many workers at most. */
  readonly looks: number;
  /** Costs that differ by less count as equal: noise must not send everything to one worker. */
  readonly alikeFactor: number;
  /** The first that is idle, and costs no more than those chosen lately, is taken. */
  readonly contentWithIdle: boolean;
}

/**
 * The power of several choices: some are drawn by weight (where there are no more all are looked at, one that weighs less
 * than the first drawn in proportion), and the one of least cost is taken; the first drawn among those that are alike. So nothing is a rush: of several gateways, each
 * looks at others. A policy may be content with the first that is idle and costs no more than those chosen lately: the
 * tails of `npm run sim:balance` are the same, and among many workers it mostly looks at one in place of five. (To be
 * content with a busy one as well is cheaper still, and costs workers that are few a tenth of their median.)
 *
 * A worker in slow start is taken only where it was drawn first, by its small share, unless the first is younger still: a
 * new worker, which always seems idle, never gets more than that. One that stands still is drawn anew: where all others
 * are younger, it would be compared with nobody.
 */
export abstract class BestOf<Worker extends Candidate> extends RandomChoice<Worker> {
  readonly #rule: LookRule;
  /** The latency of those drawn first, which stands for that of a worker that has not answered yet. */
  #usualMs = 0;
  /** Of those chosen. */
  #usualCost = 0;

  constructor(slowStartMs: number, chance: Chance, rule: LookRule) {
    super(slowStartMs, chance);
    this.#rule = rule;
  }

  /** Above 0. */
  protected abstract cost(worker: Worker, now: number): number;

  override choose(now: number): Worker | undefined {
    const first = this.#drawFirst(now);
    if (first === undefined || this.bag.size === 1) return first;
    this.#learn(first, now);
    const { looks, alikeFactor, contentWithIdle } = this.#rule;
    const contentAt = contentWithIdle ? this.#usualCost * contentFactor : -Infinity;
    const share = rampShare(first, this.slowStartMs, now);
    const all = this.bag.size <= looks ? this.bag.items() : undefined;
    const from = all === undefined ? 0 : Math.floor(this.chance() * all.length);
    let best = first;
    let leastCost = this.cost(first, now);
    for (let look = all === undefined ? 1 : 0; look < (all?.length ?? looks); look += 1) {
      if (leastCost <= contentAt && requestsOn(best, now) < 1) break;
      const worker = all === undefined ? this.#drawOther(best) : all[(from + look) % all.length];
      if (worker === undefined || worker === best) continue;
      if (all !== undefined && !this.#hasItsTurn(worker, first)) continue;
      if (rampShare(worker, this.slowStartMs, now) < share) continue;
      const cost = this.cost(worker, now);
      if (cost * alikeFactor >= leastCost) continue;
      best = worker;
      leastCost = cost;
    }
    this.#usualCost += (leastCost - this.#usualCost) * choiceShare;
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

  /** As often as by draws: else one of hardly any weight would get all requests as soon as it is idle and a little faster. */
  #hasItsTurn({ weight }: Worker, first: Worker): boolean {
    return weight >= first.weight || this.chance() * first.weight < weight;
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
    return latency.expectedMs === 0 ? this.#usualMs : latencyMs;
  }

  #learn({ latency }: Worker, now: number): void {
    if (latency.expectedMs === 0) return;
    const share = this.#usualMs === 0 ? 1 : choiceShare;
    this.#usualMs += (expectedNow(latency, now) - this.#usualMs) * share;
  }
}
