import type { Candidate, Chance } from "./candidate.ts";
import type { Chooser } from "./chooser.ts";
import { requestsOn } from "./load.ts";
import { WeightedBag } from "./weighted-bag.ts";

/**
 * In use at least, where nothing is written. With so many a request costs a proxy about what it costs with three; with 256
 * about a quarter more: what it knows of them is more than a processor's cache keeps.
 */
export const usualAperture = 64;

/**
 * Where more of those inside than this have a request, others come in; below the other share some go out. While half is busy,
 * of five that a policy looks at one is idle 31 times in 32.
 */
const busyShares = { opens: 0.5, closes: 0.25 } as const;
/** With each look that finds it crowded: so many of those inside more. */
const openingShare = 1 / 8;
/** In each second in which it is calm: so many of those above the least fewer. */
const closingShare = 1 / 4;
const turnMs = 1_000;
/** In each second so many of the least change places with others. */
const turnShare = 1 / 16;
/** Of the average that stands for the share of busy ones, what one look is. More: chance alone opens it again and again. */
const lookShare = 1 / 64;

/**
 * Among very many workers, those that a proxy uses now. Each more costs it connections, and memory that is in no cache when
 * its turn comes: with 10,000 in use a request costs twice what it costs with few. The policy chooses among those inside.
 *
 *                 more than half of those inside is busy; or too few are left
 *   outside ---------------------------------------------------------------------> inside <--- a new worker
 *      ^                                                                             |
 *      +------ the longest inside: a few each second; more while few of them are busy +
 *
 * All begin inside, since nothing is known of the load yet. Under load as many are inside as it takes, up to all. The turn
 * of those inside brings everybody some requests, so that none is cold or unknown for ever. Who comes in is drawn evenly:
 * weights count inside. Who is busy is seen as the policies see it: by this proxy's requests, and what workers tell of others.
 *
 * Cost: one look at a worker for every request; nothing where there are no more workers than the least. Source: the aperture of
 * Finagle (Twitter), which keeps the load of those inside in a band, and chapter 20 of Site Reliability Engineering (Google, 2016).
 */
export class Aperture<Worker extends Candidate> implements Chooser<Worker> {
  readonly #policy: Chooser<Worker>;
  readonly #least: number;
  readonly #chance: Chance;
  /** The longest inside first; */
  readonly #inside = new Set<Worker>();
  /** and the same, to draw one. */
  readonly #looked = new WeightedBag<Worker>();
  /** But for those set aside. */
  readonly #outside = new WeightedBag<Worker>();
  readonly #aside = new Set<Worker>();
  #busyShare = 0;
  #turnedAt = -Infinity;

  constructor(policy: Chooser<Worker>, least: number, chance: Chance) {
    this.#policy = policy;
    this.#least = least;
    this.#chance = chance;
  }

  add(worker: Worker): void {
    this.#inside.add(worker);
    this.#looked.put(worker, 1);
    this.#policy.add(worker);
  }

  remove(worker: Worker): void {
    this.#aside.delete(worker);
    if (!this.#inside.has(worker)) return void this.#outside.take(worker);
    this.#exit(worker);
    this.#open(this.#least - this.#inside.size);
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
    if (now - this.#turnedAt >= turnMs) this.#turn(now);
    this.#look(now);
    const chosen = this.#policy.choose(now);
    if (chosen !== undefined) return chosen;
    this.#open(1);
    return this.#policy.choose(now);
  }

  #look(now: number): void {
    const worker = this.#looked.draw(this.#chance);
    const busy = worker !== undefined && requestsOn(worker, now) > 0 ? 1 : 0;
    this.#busyShare += (busy - this.#busyShare) * lookShare;
    if (this.#busyShare <= busyShares.opens) return;
    const before = this.#inside.size;
    this.#open(Math.ceil(before * openingShare));
    this.#busyShare *= before / this.#inside.size;
  }

  #turn(now: number): void {
    const turns = this.#turnedAt === -Infinity ? 0 : Math.floor((now - this.#turnedAt) / turnMs);
    this.#turnedAt = now;
    const above = Math.max(0, this.#inside.size - this.#least);
    const calm = this.#busyShare < busyShares.closes;
    const fewer = calm ? Math.floor(above * (1 - (1 - closingShare) ** turns)) : 0;
    const others = Math.ceil(this.#least * turnShare);
    const leaving = this.#longestInside(fewer + others);
    for (const worker of leaving) this.#exit(worker);
    this.#open(others);
    for (const worker of leaving) if (!this.#aside.has(worker)) this.#outside.put(worker, 1);
    this.#open(this.#least - this.#inside.size);
  }

  #longestInside(many: number): Worker[] {
    const found: Worker[] = [];
    for (const worker of this.#inside) if (found.push(worker) >= many) break;
    return found;
  }

  #exit(worker: Worker): void {
    this.#inside.delete(worker);
    this.#looked.take(worker);
    this.#policy.remove(worker);
  }

  /** Up to so many come in. */
  #open(many: number): void {
    for (let left = many; left > 0; left -= 1) {
      const worker = this.#outside.draw(this.#chance);
      if (worker === undefined) return;
      this.#outside.take(worker);
      this.add(worker);
    }
  }
}
