import type { Priority } from "../../core/admission/priority.ts";
import type { Place, Waiter } from "../../core/admission/waiting-line.ts";
import type { Origin, RequestHead } from "../../http1/http1.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Worker } from "../workers/worker.ts";
import { Aim } from "./aim.ts";
import type { ForwardedRequest } from "./prepare-request.ts";
import type { Asker } from "./sides.ts";
import { priorityIn, tenantIn } from "./standing.ts";

/** What becomes of a request in the line. */
export interface InLine {
  /** It is its turn, or the workers have changed. */
  tryAgain(now: number): void;
  /** Another request takes its place. */
  displaced(): void;
}

export const noWorkers: readonly Worker[] = [];

/** A request that wants a worker, as a pool sees it. One object serves many requests in turn. */
export class Applicant implements Waiter {
  /** To whom the worker's half will answer. */
  readonly asker: Asker;
  readonly aim = new Aim();
  /** Workers this request went to in vain, each once. */
  tried: readonly Worker[] = noWorkers;
  /** Its class, where not all can be served. */
  priority: Priority = "normal";
  /** Whose it is, hashed; known when it has to wait. */
  tenant = 0;
  /** It reaches no worker after that: nobody waits for the answer any more. */
  deadlineAt = Infinity;
  readonly #of: InLine;
  #place: Place<Applicant> | undefined;
  /** -1: it is not in the line. */
  #inLineSince = -1;
  /** In the line, before it went to workers in vain. */
  #waitedMs = 0;

  constructor(asker: Asker, of: InLine) {
    this.asker = asker;
    this.#of = of;
  }

  begin(): void {
    this.tried = noWorkers;
    this.#inLineSince = -1;
    this.#waitedMs = 0;
  }

  /** It is known where the request is to go. */
  routed(
    pool: ServicePool,
    { subset, priority }: ForwardedRequest,
    head: RequestHead,
    origin: Origin,
    deadlineAt: number,
  ): void {
    this.aim.take(pool, subset, head, origin);
    this.deadlineAt = deadlineAt;
    this.priority = priorityIn(priority, head, origin);
  }

  /** An idle connection keeps no worker. `pool`: in whose line it may be. */
  end(pool: ServicePool | undefined): void {
    this.aim.drop();
    const place = this.#place;
    this.#place = undefined;
    if (place) pool?.line.giveUp(place);
  }

  get waited(): boolean {
    return this.#inLineSince !== -1 || this.#waitedMs > 0;
  }

  /** Over all its tries: one that fails again and again does not wait for ever. */
  waitedMs(now: number): number {
    return this.#waitedMs + this.inLineMs(now);
  }

  /** This time. More than 0 while it is in the line. */
  inLineMs(now: number): number {
    return this.#inLineSince === -1 ? 0 : Math.max(now - this.#inLineSince, Number.MIN_VALUE);
  }

  /** It may find out whether a worker is back: it can be repeated, and is whole. */
  get mayBeCanary(): boolean {
    const { idempotent, requestDone } = this.asker;
    return idempotent && requestDone && this.isFirstTry;
  }

  get isFirstTry(): boolean {
    return this.asker.retries + this.tried.length === 0;
  }

  /** `head`: unset when nothing is known of it any more. */
  wait(pool: ServicePool, head: RequestHead | undefined, origin: Origin, now: number): void {
    if (!pool.candidatesOf(this.aim.subset).hasOtherThan(this.tried)) this.startOver();
    this.#inLineSince = now;
    this.tenant = head === undefined ? 0 : tenantIn(pool.settings, head, origin);
    pool.line.wait(this, now);
  }

  /** In the line. */
  waitsAt(place: Place<Applicant>): void {
    this.#place = place;
  }

  /** It may wait no longer. False: it cannot go either. */
  goAnyway(pool: ServicePool, now: number): boolean {
    return this.#place !== undefined && pool.line.goAnyway(this.#place, now);
  }

  /** Whoever was tried in vain may be back. */
  startOver(): void {
    this.tried = noWorkers;
  }

  /** Also this one will have been tried in vain. */
  triedWith(worker: Worker | undefined): readonly Worker[] {
    return worker === undefined || this.tried.includes(worker) ? this.tried : [...this.tried, worker];
  }

  // --- The pool speaks ---

  tryAgain(now: number): void {
    this.#place = undefined;
    this.#waitedMs = this.waitedMs(now);
    this.#inLineSince = -1;
    this.#of.tryAgain(now);
  }

  displaced(): void {
    this.#place = undefined;
    this.#of.displaced();
  }
}
