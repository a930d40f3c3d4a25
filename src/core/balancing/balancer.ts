import { Aperture, usualAperture } from "./aperture.ts";
import {
  type Candidate,
  type Chance,
  drawingPolicies,
  type PolicySettings,
  type Room,
  roomOf,
} from "./candidate.ts";
import type { Chooser } from "./chooser.ts";
import { KeyedChoice } from "./keyed-choice.ts";
import { LeastInFlight } from "./least-in-flight.ts";
import { LeastWait } from "./least-wait.ts";
import { Maglev } from "./maglev.ts";
import { PeakEwmaOfTwo } from "./peak-ewma.ts";
import { Prequal } from "./prequal.ts";
import { RandomChoice } from "./random-choice.ts";
import { Ranks } from "./ranks.ts";
import { Rendezvous } from "./rendezvous.ts";
import { RingHash } from "./ring-hash.ts";
import { Turns } from "./turns.ts";
import { TwoChoices } from "./two-choices.ts";

/**
 * The workers of one service that may be chosen, and the choice by one policy. Changed one by one: neither a choice
 * nor a change costs more with more workers, or not more than the logarithm of their number (`round-robin`,
 * `least-in-flight`); and nothing costs more when most of them are full.
 *
 *           add          as many as it serves at once        as many as allowed
 *   (out) ------> free <---------------------------> last <--------------------> full
 *      ^           |                                  |                           |
 *      +-----------+----------------------------------+---------- remove ---------+
 */
export class Balancer<Worker extends Candidate> {
  readonly #chooser: Chooser<Worker>;
  /** Who is in, and its room. */
  readonly #members = new Map<Worker, Room>();
  readonly #count = { free: 0, last: 0, full: 0 };

  constructor(settings: PolicySettings, chance: Chance) {
    this.#chooser = new Ranks(() => chooserFor<Worker>(settings, chance));
  }

  /** A worker of weight 0 gets nothing and is left out. */
  add(worker: Worker): void {
    if (worker.weight <= 0 || this.#members.has(worker)) return;
    const room = roomOf(worker);
    this.#members.set(worker, room);
    this.#count[room] += 1;
    this.#chooser.add(worker);
    if (room === "full") this.#chooser.setAside(worker);
  }

  remove(worker: Worker): void {
    const room = this.#members.get(worker);
    if (room === undefined) return;
    this.#count[room] -= 1;
    this.#members.delete(worker);
    this.#chooser.remove(worker);
  }

  has(worker: Worker): boolean {
    return this.#members.has(worker);
  }

  isFree(worker: Worker): boolean {
    const room = this.#members.get(worker);
    return room !== undefined && room !== "full";
  }

  /** Its requests in flight have changed. */
  loadChanged(worker: Worker): void {
    this.#chooser.loadChanged?.(worker);
    const after = roomOf(worker);
    if (after === "free" && this.#count.free === this.#members.size) return;
    const before = this.#members.get(worker);
    if (before === undefined || before === after) return;
    this.#members.set(worker, after);
    this.#count[before] -= 1;
    this.#count[after] += 1;
    if (before === "full") this.#chooser.bringBack(worker);
    else if (after === "full") this.#chooser.setAside(worker);
  }

  /** A worker for one request, or undefined when each is full or in `tried`. `key`: see `Chooser`. */
  pick(now: number, tried: readonly Worker[] = nobody, key?: number): Worker | undefined {
    if (tried.length === 0) return this.#chooser.choose(now, key);
    const aside = tried.filter((worker) => this.isFree(worker));
    for (const worker of aside) this.#chooser.setAside(worker);
    const chosen = this.#chooser.choose(now, key);
    for (const worker of aside) this.#chooser.bringBack(worker);
    return chosen;
  }

  /** Whether there is one that is not in `tried`, full or not. */
  hasOtherThan(tried: readonly Worker[]): boolean {
    return this.#members.size > tried.filter((worker) => this.#members.has(worker)).length;
  }

  /** Whether there is one that is neither full nor in `tried`. */
  hasFreeOtherThan(tried: readonly Worker[]): boolean {
    return this.#count.free + this.#count.last > tried.filter((worker) => this.isFree(worker)).length;
  }

  /** Whether there is one that is not in `tried`, and where a request would not have to wait. */
  servesAtOnce(tried: readonly Worker[]): boolean {
    return this.#count.free > tried.filter((worker) => this.#members.get(worker) === "free").length;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }
}

const nobody: readonly never[] = [];

function chooserFor<Worker extends Candidate>(settings: PolicySettings, chance: Chance): Chooser<Worker> {
  const { policy, aperture = usualAperture } = settings;
  const chooser = policyFor<Worker>(settings, chance);
  if (aperture === "all" || !drawingPolicies.has(policy)) return chooser;
  return new Aperture(chooser, aperture, chance);
}

function policyFor<Worker extends Candidate>(settings: PolicySettings, chance: Chance): Chooser<Worker> {
  const { policy, slowStartMs, loadBound = Infinity } = settings;
  switch (policy) {
    case "least-wait":
      return new LeastWait(slowStartMs, chance);
    case "prequal":
      return new Prequal(slowStartMs, chance);
    case "peak-ewma":
      return new PeakEwmaOfTwo(slowStartMs, chance);
    case "p2c":
      return new TwoChoices(slowStartMs, chance);
    case "random":
      return new RandomChoice(slowStartMs, chance);
    case "round-robin":
      return new Turns(slowStartMs, chance);
    case "least-in-flight":
      return new LeastInFlight(slowStartMs, chance);
    case "rendezvous":
      return new KeyedChoice(new Rendezvous<Worker>(), slowStartMs, chance, loadBound);
    case "ring-hash":
      return new KeyedChoice(new RingHash<Worker>(), slowStartMs, chance, loadBound);
    case "maglev":
      return new KeyedChoice(new Maglev<Worker>(), slowStartMs, chance, loadBound);
  }
}
