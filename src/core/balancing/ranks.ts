import { type Candidate, type Rank, ranks } from "./candidate.ts";
import type { Chooser } from "./chooser.ts";

interface Tier<Worker extends Candidate> {
  readonly rank: Rank;
  readonly chooser: Chooser<Worker>;
  readonly workers: Set<Worker>;
  weight: number;
  /** In flight on all of them, kept only where there are several tiers. */
  requests: number;
}

/** Near workers may have so many times the requests of far ones, and so many more, before far ones help. */
const spillFactor = 2;
const spillFloor = 1;

/**
 * Workers by rank, a chooser for each: the near ones serve; the far ones (of another zone) where no near one is free, or
 * where the near have more than twice as much to do (spill-over); backups where nobody else is free. Which of a rank gets
 * the request is the policy's business.
 *
 * Requests stay in their zone as long as that costs no more than a few others ahead: what lies between zones is latency,
 * and often money. Cost: one look at each rank; nothing where there is but one. Source: Envoy's priority levels and
 * zone-aware routing, by load in place of health: a worker that is out is not here at all.
 */
export class Ranks<Worker extends Candidate> implements Chooser<Worker> {
  readonly #newChooser: () => Chooser<Worker>;
  /** The nearest first; none is empty. */
  readonly #tiers: Tier<Worker>[] = [];
  readonly #tierOf = new Map<Worker, Tier<Worker>>();
  /** Requests of each as they were told last; empty where there is one tier. */
  readonly #inFlight = new Map<Worker, number>();

  constructor(newChooser: () => Chooser<Worker>) {
    this.#newChooser = newChooser;
  }

  add(worker: Worker): void {
    const tier = this.#tierFor(worker.rank ?? ranks.near);
    tier.workers.add(worker);
    tier.weight += worker.weight;
    this.#tierOf.set(worker, tier);
    tier.chooser.add(worker);
    if (this.#tiers.length > 1) this.#count(worker);
  }

  remove(worker: Worker): void {
    const tier = this.#tierOf.get(worker);
    if (tier === undefined) return;
    this.#tierOf.delete(worker);
    tier.chooser.remove(worker);
    tier.workers.delete(worker);
    tier.weight -= worker.weight;
    tier.requests -= this.#inFlight.get(worker) ?? 0;
    this.#inFlight.delete(worker);
    if (tier.workers.size > 0) return;
    this.#tiers.splice(this.#tiers.indexOf(tier), 1);
    if (this.#tiers.length === 1) this.#countNothing();
  }

  setAside(worker: Worker): void {
    this.#tierOf.get(worker)?.chooser.setAside(worker);
  }

  bringBack(worker: Worker): void {
    this.#tierOf.get(worker)?.chooser.bringBack(worker);
  }

  readonly loadChanged = (worker: Worker): void => {
    const [only] = this.#tiers;
    if (this.#tiers.length === 1) return only?.chooser.loadChanged?.(worker);
    this.#count(worker);
    this.#tierOf.get(worker)?.chooser.loadChanged?.(worker);
  };

  choose(now: number, key?: number): Worker | undefined {
    const tiers = this.#tiers;
    if (tiers.length === 1) return tiers[0]?.chooser.choose(now, key);
    for (let at = 0; at < tiers.length; at += 1) {
      const tier = tiers[at];
      const next = tiers[at + 1];
      const helped = tier !== undefined && next !== undefined && spills(tier, next);
      const chosen = (helped ? next.chooser.choose(now, key) : undefined) ?? tier?.chooser.choose(now, key);
      if (chosen !== undefined) return chosen;
    }
    return undefined;
  }

  #tierFor(rank: Rank): Tier<Worker> {
    const known = this.#tiers.find((tier) => tier.rank === rank);
    if (known !== undefined) return known;
    const made = { rank, chooser: this.#newChooser(), workers: new Set<Worker>(), weight: 0, requests: 0 };
    this.#tiers.push(made);
    this.#tiers.sort((one, other) => one.rank - other.rank);
    if (this.#tiers.length === 2) for (const worker of this.#tierOf.keys()) this.#count(worker);
    return made;
  }

  #count(worker: Worker): void {
    const tier = this.#tierOf.get(worker);
    if (tier === undefined) return;
    tier.requests += worker.inFlight - (this.#inFlight.get(worker) ?? 0);
    this.#inFlight.set(worker, worker.inFlight);
  }

  #countNothing(): void {
    this.#inFlight.clear();
    for (const tier of this.#tiers) tier.requests = 0;
  }
}

function spills<Worker extends Candidate>(tier: Tier<Worker>, next: Tier<Worker>): boolean {
  if (next.rank === ranks.backup) return false;
  return tier.requests / tier.weight > spillFactor * (next.requests / next.weight + spillFloor);
}
