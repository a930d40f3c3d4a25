import type { Candidate, Chance } from "./candidate.ts";
import type { Chooser } from "./chooser.ts";
import { requestsOn } from "./load.ts";
import { WeightedBag } from "./weighted-bag.ts";

/** In use at least, where nothing is written: with up to so many, a request costs a proxy about what it costs with three. */
export const usualAperture = 256;

const turnMs = 1_000;
/** Of those inside, so many make room in each turn; */
const turnShare = 1 / 64;
/** and of those above the least so many, while nobody was busy; and so many more come in when somebody was. */
const calmShare = 1 / 16;
const busyShare = 1 / 16;

/**
 * Among very many workers, those that a proxy uses now. Each more costs it connections, and memory that is in no cache when
 * its turn comes: with 10,000 in use a request costs twice what it costs with 256. The policy chooses among those inside.
 *
 *           whoever the policy chose is busy: some more; or too few are left inside
 *   outside -----------------------------------------------------------------------> inside <-- a new worker
 *      ^                                                                               |
 *      +------ the longest inside: a few in each second, more of them while it is calm -+
 *
 * All begin inside, since nothing is known of the load yet. A request that would wait behind another lets more in, and goes to
 * one of these: under load as many are inside as it takes, up to all. The turn of those inside brings everybody some
 * requests, so that none is cold or unknown for ever. Who comes in is drawn evenly: weights count inside.
 *
 * Cost: nothing where there are no more workers than the least. Source: the aperture of Finagle (Twitter), which opens and
 * closes by a band of the average load, and the subsets of chapter 20 of Site Reliability Engineering (Google, 2016).
 */
export class Aperture<Worker extends Candidate> implements Chooser<Worker> {
  readonly #policy: Chooser<Worker>;
  readonly #least: number;
  readonly #chance: Chance;
  /** The longest inside first. */
  readonly #inside = new Set<Worker>();
  /** But for those set aside. */
  readonly #outside = new WeightedBag<Worker>();
  readonly #aside = new Set<Worker>();
  /** Of the turn that goes on. */
  #since = -Infinity;
  #calm = true;

  constructor(policy: Chooser<Worker>, least: number, chance: Chance) {
    this.#policy = policy;
    this.#least = least;
    this.#chance = chance;
  }

  add(worker: Worker): void {
    this.#inside.add(worker);
    this.#policy.add(worker);
  }

  remove(worker: Worker): void {
    this.#aside.delete(worker);
    if (!this.#inside.delete(worker)) return void this.#outside.take(worker);
    this.#policy.remove(worker);
    this.#fill();
  }

  setAside(worker: Worker): void {
    this.#aside.add(worker);
    if (this.#inside.has(worker)) this.#policy.setAside(worker);
    else this.#outside.take(worker);
  }

  bringBack(worker: Worker): void {
    this.#aside.delete(worker);
    if (this.#inside.has(worker)) this.#policy.bringBack(worker);
    else this.#outside.put(worker, 1);
  }

  choose(now: number): Worker | undefined {
    if (this.#inside.size <= this.#least && this.#outside.size === 0) return this.#policy.choose(now);
    if (now - this.#since >= turnMs) this.#turn(now);
    const chosen = this.#policy.choose(now);
    if (chosen !== undefined && requestsOn(chosen, now) === 0) return chosen;
    this.#calm = false;
    return this.#open(Math.ceil(this.#inside.size * busyShare)) ?? chosen;
  }

  #turn(now: number): void {
    const turns = this.#since === -Infinity ? 0 : Math.floor((now - this.#since) / turnMs);
    const above = this.#inside.size - this.#least;
    const closing = this.#calm ? above * (1 - (1 - calmShare) ** turns) : 0;
    this.#since = now;
    this.#calm = true;
    const leaving = this.#longestInside(Math.ceil(Math.max(closing, this.#inside.size * turnShare)));
    for (const worker of leaving) {
      this.#inside.delete(worker);
      this.#policy.remove(worker);
    }
    this.#fill();
    for (const worker of leaving) if (!this.#aside.has(worker)) this.#outside.put(worker, 1);
    this.#fill();
  }

  #longestInside(many: number): Worker[] {
    const found: Worker[] = [];
    for (const worker of this.#inside) if (found.push(worker) === many) break;
    return found;
  }

  #fill(): void {
    this.#open(this.#least - this.#inside.size);
  }

  /** Up to so many come in. The last one of them; undefined: nobody is outside. */
  #open(many: number): Worker | undefined {
    let worker: Worker | undefined;
    for (let left = many; left > 0; left -= 1) {
      const next = this.#outside.draw(this.#chance);
      if (next === undefined) break;
      worker = next;
      this.#outside.take(worker);
      this.add(worker);
    }
    return worker;
  }
}
