import { FairRound } from "./fair-round.ts";
import type { Place } from "./flow.ts";
import { priorities, type Priority, rankOf } from "./priority.ts";

export type { Place } from "./flow.ts";

/** What a line must know of those who wait. Does not change while they do. */
export interface Waiter {
  readonly priority: Priority;
  /** Whose it is: see `FairRound`. */
  readonly tenant: number;
}

/** A line that was empty since then comes from a burst, or from the check of a limit. */
const standsAfterMs = 300;
/** It stands when working it off would take so much of the time that one may wait. */
const standingShare = 1 / 2;
/** Shares of a new gap in the usual one. */
const gapShare = 1 / 8;

/**
 * Where requests wait for a worker: by class, in each class tenant by tenant. Of one tenant the oldest goes first,
 * until the line stands: then the newest does, and whoever comes waits for less long (adaptive LIFO and controlled
 * delay: Maurer, "Fail at Scale", ACM Queue 2015). In a standing line the oldest would be served when their clients
 * have gone, and everybody would wait as long as they. How patient the clients are nobody says; that some left is how
 * it shows.
 */
export class WaitingLine<Item extends Waiter> {
  length = 0;
  /** The longest that anybody may wait. */
  waitMs: number;
  readonly #classes = priorities.map(() => new FairRound<Item>());
  #emptyAt: number;
  #takenAt: number;
  /** When somebody left who had waited for nothing. */
  #inVainAt = -Infinity;
  /** Between two that go, while others wait. */
  #gapMs = 0;

  constructor(waitMs: number, now: number) {
    this.waitMs = waitMs;
    this.#emptyAt = now;
    this.#takenAt = now;
  }

  join(item: Item, now: number): Place<Item> {
    if (this.length === 0) {
      this.#emptyAt = now;
      this.#takenAt = now;
    }
    this.length += 1;
    return this.#classOf(item).join(item, item.tenant);
  }

  /** Its client has gone, or it has waited for as long as it may. */
  giveUp(place: Place<Item>, now: number): void {
    if (place.flow !== undefined) this.#inVainAt = now;
    this.leave(place);
  }

  /** Leaving twice does nothing. */
  leave(place: Place<Item>): void {
    if (place.flow === undefined) return;
    this.length -= 1;
    this.#classOf(place.item).leave(place);
  }

  /** How many of this class wait. */
  lengthOf(priority: Priority): number {
    return this.#classes[rankOf(priority)]?.length ?? 0;
  }

  /** Who goes next. */
  next(now: number): Place<Item> | undefined {
    const newest = this.stands(now);
    return this.#classes.find(({ length }) => length > 0)?.next(newest);
  }

  /** It goes to a worker. */
  take(place: Place<Item>, now: number): void {
    if (place.flow === undefined) return;
    this.#gapMs += (now - this.#takenAt - this.#gapMs) * gapShare;
    this.#takenAt = now;
    this.length -= 1;
    this.#classOf(place.item).take(place);
  }

  /** Whoever is last would have waited for too long when it is served, or somebody has. */
  stands(now: number): boolean {
    if (this.length === 0 || now - this.#emptyAt <= standsAfterMs) return false;
    const isLong = this.length * this.#gapMs > standingShare * this.waitMs;
    return isLong || (this.#inVainAt >= this.#emptyAt && now - this.#inVainAt < this.waitMs);
  }

  /**
   * How long one who comes now may wait. Less while the line stands, but for some turns of all tenants: else nobody
   * would be there when a worker gets free.
   */
  patienceMs(now: number): number {
    if (!this.stands(now)) return this.waitMs;
    const tenants = this.#classes.reduce((sum, round) => sum + round.tenants, 0);
    return Math.min(this.waitMs, Math.max(standingShare * this.waitMs, 4 * this.#gapMs * tenants));
  }

  /** Who must give way so that one more may wait; undefined: nobody has to. */
  victim({ priority, tenant }: Waiter, now: number): Place<Item> | undefined {
    const newest = this.stands(now);
    const rank = rankOf(priority);
    for (let lower = priorities.length - 1; lower > rank; lower -= 1) {
      const last = this.#classes[lower]?.lastOfMost(newest);
      if (last !== undefined) return last;
    }
    return this.#classes[rank]?.victim(tenant, newest);
  }

  #classOf({ priority }: Waiter): FairRound<Item> {
    return this.#classes[rankOf(priority)] as FairRound<Item>;
  }
}
