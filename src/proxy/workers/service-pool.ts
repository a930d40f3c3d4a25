import { newSiblings } from "../../core/admission/adaptive-limit.ts";
import { Balancer } from "../../core/balancing/balancer.ts";
import { ranks } from "../../core/balancing/candidate.ts";
import { newP99Estimator, p95Ms, p99Ms, type P99Estimator } from "../../core/balancing/percentile.ts";
import { Subsets } from "../../core/balancing/subsets.ts";
import { afterTable, isBack } from "../../core/health/eligible.ts";
import { atTime } from "../../core/health/health.ts";
import { Roster } from "../../core/health/roster.ts";
import { newRetryBudget, type RetryBudget, shareOf } from "../../core/retry/budget.ts";
import type { AnswerHead, Origin, RequestHead } from "../../http1/http1.ts";
import type { Service, Sticky } from "../../protocol/configuration.ts";
import type { OverloadStatistics } from "../../protocol/evidence.ts";
import type { SuspectCause, TableWorker } from "../../protocol/routing-table.ts";
import { sameTls } from "../../runtime/worker-trusts.ts";
import type { Engine } from "../engine.ts";
import type { Aim } from "../exchange/aim.ts";
import type { Applicant } from "../exchange/applicant.ts";
import type { ServiceCounters } from "../reports/statistics.ts";
import { Stickiness } from "./stickiness.ts";
import { sameSticky } from "./sticky-keys.ts";
import { PlainTextNotice } from "./plain-text.ts";
import { ServiceLine } from "./service-line.ts";
import { limitRulesOf, Worker } from "./worker.ts";
import type { Asker, WorkerSide } from "../exchange/sides.ts";
import { WorkerConnection } from "./worker-connection.ts";
import { WorkerLink } from "../link/worker-link.ts";
import { WorkerWatch } from "./worker-watch.ts";

/** Requests that may not be repeated come to a worker at least as often as this: a new connection for each is too dear. */
const busyWithinMs = 5;
const heardWithinMs = 1;

/**
 * The workers of one service as this proxy sees them: who may be chosen. Neither a request nor the
 * change of one worker looks at the others.
 */
export class ServicePool {
  readonly name: string;
  readonly counters: ServiceCounters;
  budget: RetryBudget;
  readonly p99: P99Estimator;
  readonly workers = new Map<string, Worker>();
  readonly watch: WorkerWatch;
  /** Where requests wait for a worker. */
  readonly line: ServiceLine;
  /** What the limits of its workers tell each other. */
  readonly siblings = newSiblings();
  /** Undefined: its clients are bound to no worker. */
  sticky: Stickiness | undefined;
  settings: Service;
  readonly #engine: Engine;
  #roster: Roster<Worker>;
  #candidates: Subsets<Worker>;
  readonly #plainText: PlainTextNotice;

  constructor(engine: Engine, settings: Service) {
    const now = engine.clock.now();
    this.name = settings.name;
    this.settings = settings;
    this.counters = engine.statistics.service(settings.name);
    this.budget = newRetryBudget(shareOf(engine.rules().settings.retryBudget, engine.siblings), now);
    this.p99 = newP99Estimator(now);
    this.#engine = engine;
    this.line = new ServiceLine(engine, this, now);
    this.#plainText = new PlainTextNotice(engine.logger);
    this.#candidates = this.#newCandidates();
    this.#roster = new Roster(this.#candidates);
    this.watch = new WorkerWatch(engine, this);
    this.#configureSticky(settings.sticky);
  }

  /** Silence allowed while requests are outstanding follows from this. */
  get p99Ms(): number | undefined {
    return p99Ms(this.p99);
  }

  /** After which an answer is late: see `Hedge`. */
  get p95Ms(): number | undefined {
    return p95Ms(this.p99);
  }

  /** Who may be chosen; for a request of a subset, who serves it now. */
  candidatesOf(subset: string | undefined): Balancer<Worker> {
    return this.#candidates.of(subset);
  }

  /** Whether it may ever get a request of this subset. */
  mayServe(worker: Worker, subset: string | undefined): boolean {
    return this.#candidates.mayServe(worker, subset);
  }

  get now(): number {
    return this.#engine.wheel.now;
  }

  #newCandidates(): Subsets<Worker> {
    const newBalancer = (): Balancer<Worker> => new Balancer(this.settings, this.#engine.random);
    return new Subsets(this.settings.subsets ?? {}, newBalancer);
  }

  // --- What the table says ---

  configure(settings: Service): void {
    const before = this.settings;
    const now = this.#engine.clock.now();
    // One object, as long as it says the same: workers compare it.
    const tls = sameTls(settings.tls, before.tls) ? before.tls : settings.tls;
    if (!sameSticky(before.sticky, settings.sticky)) this.#configureSticky(settings.sticky);
    this.settings = tls === undefined ? settings : { ...settings, tls };
    this.line.waitMs = settings.queue.waitMs;
    this.takeBudget(now);
    if (meansTheSameForWorkers(before, this.settings)) return;
    this.#candidates = this.#newCandidates();
    this.#roster = new Roster(this.#candidates);
    this.watch.forgetSubsets();
    for (const worker of this.workers.values()) {
      worker.takeSettings(this.settings, this.#engine.zone);
      this.#reconsider(worker, now);
    }
    this.line.serve();
  }

  /** Where the key cannot be read, the one before stays in use. */
  #configureSticky(settings: Sticky | undefined): void {
    const key = settings && this.#engine.stickyKeys.of(settings, this.name);
    if (settings !== undefined && key === undefined) return;
    this.sticky = settings && key !== undefined ? new Stickiness(this.name, settings, key) : undefined;
    if (this.sticky !== undefined) for (const worker of this.workers.values()) this.sticky.add(worker);
  }

  /** Of the gateway's budget, this proxy's part. */
  takeBudget(now: number): void {
    const rules = shareOf(this.#engine.rules().settings.retryBudget, this.#engine.siblings);
    const { ratio, reserve, perSecondMin } = this.budget.rules;
    const same = rules.ratio === ratio && rules.reserve === reserve && rules.perSecondMin === perSecondMin;
    if (!same) this.budget = newRetryBudget(rules, now);
  }

  update(upserts: readonly TableWorker[], removals: readonly string[]): void {
    const now = this.#engine.clock.now();
    for (const id of removals) this.#remove(id);
    const muted: Worker[] = [];
    for (const row of upserts) this.#upsert(row, now, muted);
    this.line.serve();
    // Only now it is known who may take their requests.
    for (const worker of muted) this.watch.wentOut(worker);
  }

  #upsert(row: TableWorker, now: number, muted: Worker[]): void {
    const known = this.workers.get(row.id);
    if (known === undefined || !known.isSameLife(row)) {
      if (known !== undefined) this.#remove(row.id);
      const worker = new Worker(row, now);
      worker.takeSettings(this.settings, this.#engine.zone);
      this.workers.set(row.id, worker);
      this.sticky?.add(worker);
      this.#linkTo(worker, row);
      return this.#reconsider(worker, now);
    }
    const before = known.state;
    known.health = afterTable(known.health, before, row.state, now);
    // What it does next is news again.
    if (known.health.kind === "ok" || isBack(before, row.state)) known.reported = false;
    // The candidates hold workers by weight, limit and rank.
    if (known.isWeighedOtherwise(row)) this.#roster.delete(known);
    known.takeRow(row, now);
    known.takeSettings(this.settings, this.#engine.zone);
    this.#linkTo(known, row);
    this.#reconsider(known, now);
    if (row.state.kind === "draining" && before.kind !== "draining") known.closeIdle();
    if (isMute(row) && before.kind === "live") muted.push(known);
  }

  #linkTo(worker: Worker, { link }: TableWorker): void {
    if (link !== undefined) worker.takeLink(link);
    this.#plainText.consider(worker);
    if (link === undefined) return;
    if (worker.link === undefined) worker.link = new WorkerLink(this.#engine, this.watch, worker, link);
    else worker.link.moveTo(link);
  }

  #remove(id: string): void {
    const worker = this.workers.get(id);
    if (worker === undefined) return;
    this.workers.delete(id);
    this.sticky?.remove(worker);
    this.#roster.delete(worker);
    worker.gone = true;
    worker.closeIdle();
    worker.link?.close();
    this.watch.forget(worker);
  }

  // --- Who may be chosen ---

  /** After any change of a worker's health, and when time may have changed it. */
  reconsider(worker: Worker): void {
    this.#reconsider(worker, this.#engine.clock.now());
    this.line.serve();
  }

  #reconsider(worker: Worker, now: number): void {
    worker.health = atTime(worker.health, now);
    this.#roster.set(worker);
    this.watch.considerTrial(worker);
  }

  /** A worker for this request now, or undefined: see `ServiceLine`. */
  take(applicant: Applicant, now: number): Worker | undefined {
    const { wanted, subset, key } = applicant.aim;
    const candidates = this.#candidates.of(subset);
    if (this.line.holdsBack(applicant)) return undefined;
    if (wanted !== undefined && candidates.isFree(wanted) && !applicant.tried.includes(wanted)) return wanted;
    const canary = this.watch.takeCanary(applicant);
    if (canary !== undefined) return canary;
    const chosen = candidates.pick(now, applicant.tried, key);
    if (chosen !== undefined && chosen.rank !== ranks.backup) return chosen;
    return this.watch.takeCanary(applicant, true) ?? chosen;
  }

  /** The line that binds a client to the worker that answered it; empty: it stays with the one that it has. */
  bindingField(
    { wanted, subset }: Aim,
    worker: Worker | undefined,
    answer: AnswerHead,
    origin: Origin,
    request: RequestHead | undefined,
  ): string {
    if (wanted !== undefined && this.#candidates.of(subset).has(wanted)) return "";
    return this.sticky?.fieldFor(worker, answer, origin, request) ?? "";
  }

  /** Requests that wait for an answer of a worker with an adaptive limit are fewer, or the limit is another. */
  limitChanged(worker: Worker): void {
    this.#candidates.loadChanged(worker);
    this.line.serve();
  }

  overload(): OverloadStatistics {
    const { waited, waitedMs, shed } = this.counters;
    let limitedWorkers = 0;
    let sum = 0;
    for (const { limit } of this.workers.values()) {
      if (limit?.max === undefined) continue;
      limitedWorkers += 1;
      sum += Math.ceil(limit.max);
    }
    return { waiting: this.line.length, waited, waitedMs, shed, limitedWorkers, limit: sum };
  }

  /** Another worker than those tried; or none at all is left, so that it is worth waiting for one. */
  hasAnother(tried: readonly Worker[], subset: string | undefined): boolean {
    const candidates = this.#candidates.of(subset);
    return candidates.isEmpty || candidates.hasOtherThan(tried);
  }

  // --- Connections ---

  connection(worker: Worker, exchange: Asker): WorkerSide {
    // It has TLS of its own, whose certificate says more than the key of a link.
    const stream = worker.tls === undefined ? worker.link?.stream(exchange) : undefined;
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
  #mayReuse(worker: Worker, exchange: Asker): boolean {
    if (exchange.idempotent) return exchange.retries === 0;
    const { now } = this.#engine.wheel;
    const busy = now - worker.wroteAt < busyWithinMs && now - worker.heardAt < heardWithinMs;
    worker.wroteAt = now;
    return busy;
  }

  /** A request goes to the worker. */
  occupy(worker: Worker, exchange: Asker): void {
    worker.inFlight += 1;
    this.#candidates.loadChanged(worker);
    worker.peak.note(worker.inFlight, this.#engine.wheel.now);
    exchange.slot = worker.exchanges.push(exchange) - 1;
  }

  /** The request is no more on the worker. */
  free(worker: Worker, exchange: Asker): void {
    worker.inFlight -= 1;
    this.#candidates.loadChanged(worker);
    const last = worker.exchanges.pop();
    if (last !== undefined && last !== exchange) {
      worker.exchanges[exchange.slot] = last;
      last.slot = exchange.slot;
    }
    this.line.serve();
  }

  dispose(): void {
    this.watch.dispose();
    this.#engine.statistics.serviceGone(this.name);
    for (const id of this.workers.keys()) this.#remove(id);
  }
}

/** Then nothing has to be said to each of them: there may be ten thousand. */
function meansTheSameForWorkers(one: Service, other: Service): boolean {
  return (
    one.policy === other.policy &&
    one.loadBound === other.loadBound &&
    one.aperture === other.aperture &&
    one.preferZone === other.preferZone &&
    one.slowStartMs === other.slowStartMs &&
    one.maxInFlight === other.maxInFlight &&
    limitRulesOf(one)?.min === limitRulesOf(other)?.min &&
    one.check.kind === other.check.kind &&
    one.tls === other.tls &&
    JSON.stringify(one.subsets) === JSON.stringify(other.subsets)
  );
}

/** It lives, perhaps, but answers nothing now: what waits there and may be repeated is better off elsewhere. */
function isMute({ state }: TableWorker): boolean {
  return state.kind === "suspect" && muteCauses.has(state.cause);
}

const muteCauses: ReadonlySet<SuspectCause> = new Set(["stalled", "blocked", "lease-expired"]);
