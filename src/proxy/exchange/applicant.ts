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

const noWorkers: readonly Worker[] = [];

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
  #waitingSince = -1;

  constructor(asker: Asker, of: InLine) {
    this.asker = asker;
    this.#of = of;
  }

  begin(): void {
    this.tried = noWorkers;
    this.#waitingSince = -1;
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
    if (this.#place) pool?.line.giveUp(this.#place);
    this.#place = undefined;
  }

  get waited(): boolean {
    return this.#waitingSince !== -1;
  }

  waitedMs(now: number): number {
    return this.waited ? Math.max(now - this.#waitingSince, Number.MIN_VALUE) : 0;
  }

  /** It may find out whether a worker is back: it can be repeated, and is whole. */
  get mayBeCanary(): boolean {
    const { idempotent, requestDone, retries } = this.asker;
    return idempotent && requestDone && retries + this.tried.length === 0;
  }

  /** `head`: unset when nothing is known of it any more. */
  wait(pool: ServicePool, head: RequestHead | undefined, origin: Origin, now: number): void {
    // Whoever was tried in vain may be back by then.
    if (!pool.candidatesOf(this.aim.subset).hasOtherThan(this.tried)) this.tried = noWorkers;
    if (this.#waitingSince === -1) this.#waitingSince = now;
    this.tenant = head === undefined ? 0 : tenantIn(pool.settings, head, origin);
    this.#place = pool.line.wait(this, now);
    pool.line.joined(this);
  }

  /** Also this one will have been tried in vain. */
  triedWith(worker: Worker | undefined): readonly Worker[] {
    return worker === undefined || this.tried.includes(worker) ? this.tried : [...this.tried, worker];
  }

  // --- The pool speaks ---

  tryAgain(now: number): void {
    this.#place = undefined;
    this.#of.tryAgain(now);
  }

  displaced(): void {
    this.#place = undefined;
    this.#of.displaced();
  }
}
