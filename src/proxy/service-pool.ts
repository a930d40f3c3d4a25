import { admit, type Admission } from "../core/admission/admission.ts";
import { join, leave, newWaitingLine, type Place, takeFirst } from "../core/admission/waiting-line.ts";
import { type BalancingSet, buildBalancingSet, pick } from "../core/balancing/balancer.ts";
import { isFull } from "../core/balancing/candidate.ts";
import { newP99Estimator, p99Ms, type P99Estimator } from "../core/balancing/percentile.ts";
import { afterTable, type Eligibility, eligible } from "../core/health/eligible.ts";
import { atTime } from "../core/health/health.ts";
import { newRetryBudget, type RetryBudget } from "../core/retry/budget.ts";
import type { Service } from "../protocol/configuration.ts";
import type { SuspectCause, TableWorker } from "../protocol/routing-table.ts";
import type { Engine } from "./engine.ts";
import type { Exchange } from "./exchange.ts";
import type { ServiceCounters } from "./statistics.ts";
import { Deadline } from "./timer-wheel.ts";
import { Worker } from "./worker.ts";
import type { WorkerSide } from "./sides.ts";
import { WorkerConnection } from "./worker-connection.ts";
import { WorkerLink } from "./worker-link.ts";
import { WorkerWatch } from "./worker-watch.ts";

/** Requests that may not be repeated come to a worker at least as often as this: a new connection for each is too dear. */
const busyWithinMs = 5;
const heardWithinMs = 1;

/**
 * The workers of one service as this proxy sees them: who may be chosen, who waits for one. What may be chosen is
 * computed when something changes; a request only picks.
 */
export class ServicePool {
  readonly name: string;
  readonly counters: ServiceCounters;
  budget: RetryBudget;
  readonly p99: P99Estimator;
  readonly workers = new Map<string, Worker>();
  readonly watch: WorkerWatch;
  settings: Service;
  readonly #engine: Engine;
  readonly #line = newWaitingLine<Exchange>();
  readonly #changes: Deadline;
  #eligibility: Eligibility<Worker> = { workers: [], trials: [], panic: false, changesAt: Infinity };
  #set: BalancingSet<Worker>;
  #recomputing = false;

  constructor(engine: Engine, settings: Service) {
    const now = engine.clock.now();
    this.name = settings.name;
    this.settings = settings;
    this.counters = engine.statistics.service(settings.name);
    this.budget = newRetryBudget(engine.rules().settings.retryBudget, now);
    this.p99 = newP99Estimator(now);
    this.#engine = engine;
    this.#changes = new Deadline(engine.wheel, () => this.recompute());
    this.#set = buildBalancingSet<Worker>(settings.policy, [], settings.slowStartMs, engine.random);
    this.watch = new WorkerWatch(engine, this);
  }

  /** Silence allowed while requests are outstanding follows from this. */
  get p99Ms(): number | undefined {
    return p99Ms(this.p99);
  }

  get candidates(): readonly Worker[] {
    return this.#set.workers;
  }

  // --- What the table says ---

  configure(settings: Service): void {
    this.settings = settings;
    const rules = this.#engine.rules().settings.retryBudget;
    const { ratio, reserve, perSecondMin } = this.budget.rules;
    const same = rules.ratio === ratio && rules.reserve === reserve && rules.perSecondMin === perSecondMin;
    if (!same) this.budget = newRetryBudget(rules, this.#engine.clock.now());
    this.recompute();
  }

  /** All workers of the service: others are gone. */
  setWorkers(rows: readonly TableWorker[]): void {
    const told = new Set(rows.map((row) => row.id));
    for (const id of this.workers.keys()) if (!told.has(id)) this.#remove(id);
    this.update(rows, []);
  }

  update(upserts: readonly TableWorker[], removals: readonly string[]): void {
    const now = this.#engine.clock.now();
    for (const id of removals) this.#remove(id);
    const muted: Worker[] = [];
    for (const row of upserts) this.#upsert(row, now, muted);
    this.recompute();
    // Only now it is known who may take their requests.
    for (const worker of muted) this.watch.wentOut(worker);
  }

  #upsert(row: TableWorker, now: number, muted: Worker[]): void {
    const known = this.workers.get(row.id);
    if (known === undefined || !known.isSameLife(row)) {
      if (known !== undefined) this.#remove(row.id);
      const worker = new Worker(this.#withLimits(row), now);
      this.workers.set(row.id, worker);
      this.#linkTo(worker, row);
      return;
    }
    const before = known.state;
    known.health = afterTable(known.health, before, row.state, now);
    if (known.health.kind === "ok") known.reported = false;
    known.takeRow(this.#withLimits(row), now);
    this.#linkTo(known, row);
    if (row.state.kind === "draining" && before.kind !== "draining") known.closeIdle();
    if (isMute(row) && before.kind === "live") muted.push(known);
  }

  #linkTo(worker: Worker, { link }: TableWorker): void {
    if (link === undefined) return;
    if (worker.link === undefined) worker.link = new WorkerLink(this.#engine, this.watch, worker, link);
    else worker.link.moveTo(link);
  }

  #withLimits(row: TableWorker): TableWorker {
    const maxInFlight = row.maxInFlight ?? this.settings.maxInFlight;
    return maxInFlight === undefined ? row : { ...row, maxInFlight };
  }

  #remove(id: string): void {
    const worker = this.workers.get(id);
    if (worker === undefined) return;
    this.workers.delete(id);
    worker.gone = true;
    worker.closeIdle();
    worker.link?.close();
    this.watch.forget(worker);
  }

  // --- Who may be chosen ---

  /** After any change of a worker's state, weight or health. */
  recompute(): void {
    if (this.#recomputing) return;
    this.#recomputing = true;
    const now = this.#engine.clock.now();
    const workers = [...this.workers.values()];
    const checked = this.settings.check.kind === "http";
    for (const worker of workers) {
      worker.askable = checked || worker.session;
      worker.health = atTime(worker.health, now);
    }
    this.#eligibility = eligible(workers, now);
    const { policy, slowStartMs } = this.settings;
    this.#set = buildBalancingSet(policy, this.#eligibility.workers, slowStartMs, this.#engine.random);
    this.#changes.setAt(this.#eligibility.changesAt);
    this.#recomputing = false;
    this.watch.beginTrials(this.#eligibility.trials);
    this.serveWaiting();
  }

  /** A worker for this request now, or undefined: see `admission`. */
  take(exchange: Exchange, now: number): Worker | undefined {
    if (this.#line.length > 0 && !exchange.waited) return undefined;
    return this.watch.takeCanary(exchange) ?? pick(this.#set, now, this.#engine.random, exchange.tried);
  }

  admission(exchange: Exchange, now: number): Admission {
    const candidates = this.#set.workers.filter((worker) => !exchange.tried.includes(worker));
    return admit(
      {
        candidates: candidates.length,
        someFree: candidates.some((worker) => !isFull(worker)),
        waiting: this.#line.length,
        waitedMs: exchange.waitedMs(now),
      },
      { queue: this.settings.queue, noWorkerWaitMs: this.#engine.rules().settings.timeouts.noWorkerWaitMs },
    );
  }

  wait(exchange: Exchange): Place<Exchange> {
    return join(this.#line, exchange);
  }

  leave(place: Place<Exchange>): void {
    leave(this.#line, place);
  }

  /** Somebody may be free now: those who wait are served in the order in which they came. */
  serveWaiting(): void {
    for (let served = this.#line.length; served > 0; served -= 1) {
      const now = this.#engine.clock.now();
      const next = this.#line.first?.item;
      if (next === undefined || !this.#somebodyFor(next)) return;
      takeFirst(this.#line)?.tryAgain(now);
    }
  }

  #somebodyFor(exchange: Exchange): boolean {
    return this.#set.workers.some((worker) => !isFull(worker) && !exchange.tried.includes(worker));
  }

  /** Another worker than those tried; or none at all is left, so that it is worth waiting for one. */
  hasAnother(tried: readonly Worker[]): boolean {
    return this.#set.workers.length === 0 || this.#set.workers.some((worker) => !tried.includes(worker));
  }

  // --- Connections ---

  connection(worker: Worker, exchange: Exchange): WorkerSide {
    const stream = worker.link?.stream(exchange);
    if (stream !== undefined) return stream;
    const idle = this.#mayReuse(worker, exchange) ? worker.idle.pop() : undefined;
    if (idle !== undefined) {
      idle.assign(exchange);
      return idle;
    }
    return new WorkerConnection(this.#engine, this.watch, worker, exchange);
  }

  /**
   * What may be repeated goes on an idle connection. A retry does not: a worker that is gone as well refuses the
   * new connection, which costs nothing. And a request that may not be repeated does only where a worker gets many
   * of them and was heard of this very moment: a worker that has stopped, and wakes again, closes its idle
   * connections by their timer before it reads what waits in them, and then nobody knows what became of the request.
   */
  #mayReuse(worker: Worker, exchange: Exchange): boolean {
    if (exchange.idempotent) return exchange.retries === 0;
    const { now } = this.#engine.wheel;
    const busy = now - worker.wroteAt < busyWithinMs && now - worker.heardAt < heardWithinMs;
    worker.wroteAt = now;
    return busy;
  }

  /** A request goes to the worker. */
  occupy(worker: Worker, exchange: Exchange): void {
    worker.inFlight += 1;
    worker.peak.note(worker.inFlight, this.#engine.wheel.now);
    exchange.slot = worker.exchanges.push(exchange) - 1;
  }

  /** The request is no more on the worker. */
  free(worker: Worker, exchange: Exchange): void {
    worker.inFlight -= 1;
    const last = worker.exchanges.pop();
    if (last !== undefined && last !== exchange) {
      worker.exchanges[exchange.slot] = last;
      last.slot = exchange.slot;
    }
    if (this.#line.length > 0) this.serveWaiting();
  }

  dispose(): void {
    this.#changes.dispose();
    for (const id of this.workers.keys()) this.#remove(id);
  }
}

/** It lives, perhaps, but answers nothing now: what waits there and may be repeated is better off elsewhere. */
function isMute({ state }: TableWorker): boolean {
  return state.kind === "suspect" && muteCauses.has(state.cause);
}

const muteCauses: ReadonlySet<SuspectCause> = new Set(["stalled", "blocked", "lease-expired"]);
