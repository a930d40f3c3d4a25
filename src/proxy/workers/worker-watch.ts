import { keyedPolicies } from "../../core/balancing/candidate.ts";
import { expectAtLeast, observeLatency } from "../../core/balancing/latency.ts";
import { observeForP99 } from "../../core/balancing/percentile.ts";
import { BySubset } from "../../core/health/by-subset.ts";
import { type Comparison, newComparison } from "../../core/health/errors.ts";
import {
  afterConnectTimeout,
  afterError,
  afterFailure,
  afterProbePassed,
  afterRefused,
  afterReset,
  afterSlow,
  afterSuccess,
  type LocalHealth,
  returnsCold,
  speaksBroken,
  speaksBy,
} from "../../core/health/health.ts";
import {
  countAsFailed,
  countOutcome,
  newRecentOutcomes,
  type Outcome,
  type RecentOutcomes,
} from "../../core/health/recent-outcomes.ts";
import { watchByte } from "../../core/health/stall.ts";
import type { EvidenceKind } from "../../protocol/evidence.ts";
import type { Engine } from "../engine.ts";
import { Aim } from "../exchange/aim.ts";
import type { Applicant } from "../exchange/applicant.ts";
import type { Asker } from "../exchange/sides.ts";
import type { LinkKeeper } from "../link/worker-link.ts";
import { Inquiries } from "./inquiries.ts";
import { PaceWatch } from "./pace-watch.ts";
import type { ServicePool } from "./service-pool.ts";
import { SilenceWatch } from "./silence-watch.ts";
import { Trials } from "./trials.ts";
import type { Worker } from "./worker.ts";
import type { ConnectionKeeper, WorkerConnection } from "./worker-connection.ts";

const idleMin = 8;
/** Of the average of what is usual, what one answer is. */
const usualShare = 1 / 64;
/** How old what is usual of the others may be: all workers are looked at for it, and thousands may break off together. */
const othersOldMsMax = 100;

/** That of a request which any worker of the service may get. */
const nobodyWanted = new Aim();

function outcomeOf(status: number): Outcome {
  if (status < 500) return "sound";
  return status === 502 || status === 503 || status === 504 ? "failed" : "error";
}

/**
 * Gathers first-hand evidence about the workers of one service: of their connections and answers itself, of silence by
 * SilenceWatch; those that are out come back by Trials. The rules are core/health's; here they are fed, and what follows
 * is done.
 */
export class WorkerWatch implements ConnectionKeeper, LinkKeeper {
  readonly #engine: Engine;
  readonly #pool: ServicePool;
  readonly #silence: SilenceWatch;
  readonly #trials: Trials;
  readonly #inquiries: Inquiries;
  /** Of all workers: what one of them is compared with when its answers fail. */
  readonly #outcomes: RecentOutcomes;
  /** And when they are errors. */
  readonly #comparisons = new BySubset(newComparison);
  /** How long answers below 400 took, of all workers. */
  #usualMs = 0;
  /** What was expected of the others, when it was asked last for one of them. */
  #othersMs = 0;
  #othersAt = -Infinity;
  /** Where slow workers are ejected, from the first answer on. */
  #pace: PaceWatch | undefined;

  constructor(engine: Engine, pool: ServicePool) {
    this.#engine = engine;
    this.#pool = pool;
    this.#outcomes = newRecentOutcomes(engine.wheel.now);
    // What became due while a worker was being asked.
    this.#inquiries = new Inquiries(engine, pool, (worker) => this.considerTrial(worker));
    this.#silence = new SilenceWatch(engine, pool, this, this.#inquiries);
    this.#trials = new Trials(engine, pool, this, this.#inquiries);
  }

  // --- Connections ---

  released(connection: WorkerConnection): void {
    const { worker } = connection;
    // Little more than were in use at once: requests that may not be repeated bring a new connection each.
    const surplus = worker.idle.length >= idleMin + worker.peak.recent(this.#engine.wheel.now);
    if (worker.state.kind === "draining" || surplus) connection.discard();
    else worker.idle.push(connection);
  }

  connected(worker: Worker): void {
    // A connect is proof enough for one that refused.
    if (worker.health.kind !== "ok") this.setHealth(worker, afterProbePassed(worker.health, this.#now()));
  }

  refused(worker: Worker): void {
    this.setHealth(worker, afterRefused(worker.health, this.#now()), "refused");
  }

  /** A packet that was lost looks the same at first: so it is asked, unless it was heard of since. */
  slow(worker: Worker, since: number): void {
    const isInDoubt = worker.health.kind === "ok" || worker.canary !== undefined;
    if (worker.gone || worker.probing || !isInDoubt || worker.heardAt >= since) return;
    const askedAt = this.#now();
    this.#inquiries.ask(worker, this.#inquiries.check, this.#inquiries.urgency, (result) => {
      if (result === "passed") worker.heardAt = this.#now();
      else if (result === "refused") this.refused(worker);
      else if (worker.heardAt < askedAt) this.#unreachable(worker);
    });
  }

  /** A canary was sent to find out: nobody else is asked. */
  timedOut(worker: Worker, since: number, exchange: Asker | undefined): void {
    const isCanary = exchange !== undefined && worker.canary === exchange;
    if (!isCanary || worker.health.kind !== "probation") return this.slow(worker, since);
    this.setHealth(worker, afterConnectTimeout(worker.health, this.#now()), "connect-timeout");
  }

  #unreachable(worker: Worker): void {
    const before = worker.health;
    this.setHealth(worker, afterConnectTimeout(before, this.#now()), "connect-timeout");
    if (worker.health !== before) this.wentOut(worker);
  }

  ended(connection: WorkerConnection, lost: Asker | undefined, reset: boolean): void {
    const { worker } = connection;
    const at = worker.idle.indexOf(connection);
    if (at !== -1) worker.idle.splice(at, 1);
    const last = worker.idle.length + worker.exchanges.length === 0;
    if (lost !== undefined && !connection.mayBeRaced) this.brokeOff(worker, lost);
    this.#connectionEnded(worker, lost !== undefined, reset || last);
  }

  linkEnded(worker: Worker, busy: boolean): void {
    this.#connectionEnded(worker, busy, true);
  }

  /**
   * An error, for a request may do that to any worker. What is lost at once, as when a process ends, is one: while the worker is out,
   * nothing more counts.
   */
  brokeOff(worker: Worker, { aim, answer: { status, headAt } }: Pick<Asker, "aim" | "answer">): void {
    const { health, state, gone } = worker;
    if (gone || state.kind === "draining" || health.kind === "out") return;
    const now = this.#now();
    const begun = status > 0;
    expectAtLeast(worker.latency, begun ? this.#usualOfOthers(worker, now) : worker.latency.expectedMs, now);
    // What began as an error is counted as one already.
    if (begun && (status >= 500 || !speaksBroken(health, headAt, now))) return;
    // On trial it has failed, whatever brought the request there.
    if (health.kind !== "ok") this.#judge(worker, "failed", now, aim);
    else if (!this.#isChosen(worker, aim)) this.#judge(worker, begun ? "broken" : "error", now, aim);
  }

  /** Who begins its answers at once would seem the fastest and get all requests, with nobody left to compare it with. */
  #usualOfOthers(worker: Worker, now: number): number {
    if (now - this.#othersAt < othersOldMsMax) return this.#othersMs;
    this.#othersAt = now;
    let sumMs = 0;
    let known = 0;
    for (const { latency, health } of this.#pool.workers.values()) {
      if (latency === worker.latency || latency.expectedMs === 0 || health.kind !== "ok") continue;
      sumMs += latency.expectedMs;
      known += 1;
    }
    this.#othersMs = known === 0 ? 0 : sumMs / known;
    return this.#othersMs;
  }

  linkAnswered(worker: Worker): void {
    this.byte(worker, this.#engine.wheel.now);
  }

  /** `telling`: even without a request on it, its end may mean that the process is gone. */
  #connectionEnded(worker: Worker, busy: boolean, telling: boolean): void {
    if (worker.gone || worker.state.kind === "draining") return;
    // Out at once, and asked at once: a worker that only dropped this connection is back within a millisecond.
    if (busy) this.setHealth(worker, afterReset(worker.health, this.#now()));
    if (busy || telling) this.#trials.probe(worker, busy ? "reset" : undefined);
  }

  // --- Requests ---

  sent(worker: Worker, now: number): void {
    this.#silence.sent(worker, now);
  }

  byte(worker: Worker, now: number): void {
    watchByte(worker.stall, now);
    worker.quietSince = now;
    worker.heardAt = now;
    if (worker.health.kind !== "ok" && worker.health.cause === "stalled") {
      this.setHealth(worker, afterSuccess(worker.health, now));
    }
  }

  /** The answer began, or the request was given up. */
  outstandingEnded(worker: Worker): void {
    this.#silence.ended(worker);
  }

  /** `latencyMs` undefined: it answered before it had all of the request, and nothing is known of its pace. */
  answered(
    worker: Worker,
    status: number,
    latencyMs: number | undefined,
    now: number,
    aim: Aim = nobodyWanted,
  ): void {
    const outcome = outcomeOf(status);
    if (latencyMs !== undefined) this.#tookSoLong(worker, latencyMs, status, now);
    this.#judge(worker, outcome, now, aim);
  }

  /** A failure, which a key or a cookie may have brought here. */
  #speaks(worker: Worker, { wanted, client, key }: Aim, now: number): boolean {
    const keyHere = keyedPolicies.has(this.#pool.settings.policy) ? key : undefined;
    const by = wanted === worker ? client : keyHere;
    return by === undefined || speaksBy(worker.health, by, now);
  }

  #judge(worker: Worker, outcome: Outcome, now: number, aim: Aim): void {
    if (outcome === "failed" && !this.#speaks(worker, aim, now)) return;
    const comparison = this.#comparisonOf(worker, aim);
    if (outcome !== "broken") countOutcome(this.#outcomes, now, outcome === "failed");
    if (outcome === "broken" && comparison !== undefined) countAsFailed(comparison.answers, now);
    else if (comparison !== undefined) countOutcome(comparison.answers, now, outcome !== "sound");
    const health = this.#healthAfter(worker, outcome, now, comparison);
    if (health !== worker.health) this.setHealth(worker, health, outcome === "sound" ? undefined : "failing");
  }

  #comparisonOf(worker: Worker, aim: Aim): Comparison | undefined {
    return this.#isChosen(worker, aim) ? undefined : this.#comparisons.of(aim.subset);
  }

  /** By a key or a cookie: who comes by these would go on to the next one, and fail there as well. */
  #isChosen(worker: Worker, { wanted }: Aim): boolean {
    return wanted === worker || keyedPolicies.has(this.#pool.settings.policy);
  }

  #healthAfter(
    worker: Worker,
    outcome: Outcome,
    now: number,
    comparison: Comparison | undefined,
  ): LocalHealth {
    const { health } = worker;
    if (outcome === "failed") return afterFailure(health, now, this.#outcomes, comparison);
    if (outcome === "sound" || comparison === undefined) return afterSuccess(health, now, comparison);
    const oneOfSeveral = this.#isOneOfSeveral(worker, comparison.subset);
    return afterError(health, now, comparison, oneOfSeveral, outcome === "broken");
  }

  /** That may get a request of this subset now: it and another. Who is out is on trial beside them. */
  #isOneOfSeveral(worker: Worker, subset: string | undefined): boolean {
    const candidates = this.#pool.candidatesOf(subset);
    const isOne = worker.health.kind !== "ok" || candidates.has(worker);
    return isOne && candidates.hasOtherThan([worker]);
  }

  /** They mean other workers from now on, or are no more. */
  forgetSubsets(): void {
    this.#comparisons.forgetNames();
    for (const { health } of this.#pool.workers.values()) {
      const well = health.kind === "ok" ? health : health.before;
      well?.outcomes.compared.forgetNames();
    }
  }

  /** A failure that comes fast is no recommendation: it counts as no faster than was expected. */
  #tookSoLong(worker: Worker, latencyMs: number, status: number, now: number): void {
    if (status < 500) return this.#answeredIn(worker, latencyMs, status, now);
    const { expectedMs } = worker.latency;
    const countsAsMs = Math.max(latencyMs, expectedMs);
    // Of whom nothing is known the policy thinks as of the others.
    if (expectedMs > 0) observeLatency(worker.latency, countsAsMs, now);
    observeForP99(this.#pool.p99, countsAsMs, now);
    if (countsAsMs === latencyMs) this.#noteHowSlow(worker, latencyMs);
  }

  /** Nor is a quick no: for the choice it is no faster than what the service usually answers with, where that is anything else. */
  #answeredIn(worker: Worker, latencyMs: number, status: number, now: number): void {
    const isNo = status >= 400;
    if (!isNo) this.#usualMs += (latencyMs - this.#usualMs) * (this.#usualMs === 0 ? 1 : usualShare);
    observeLatency(worker.latency, isNo ? Math.max(latencyMs, this.#usualMs) : latencyMs, now);
    observeForP99(this.#pool.p99, latencyMs, now);
    this.#noteHowSlow(worker, latencyMs);
  }

  #noteHowSlow(worker: Worker, latencyMs: number): void {
    if (this.#pool.settings.ejectSlow !== true) return;
    this.#pace ??= new PaceWatch(this.#engine, this.#pool, (slow, now) =>
      this.setHealth(slow, afterSlow(slow.health, now)),
    );
    this.#pace.answered(worker, latencyMs);
  }

  /** An invalid answer, or none in time. */
  failedToAnswer(worker: Worker, aim: Aim = nobodyWanted): void {
    this.#judge(worker, "failed", this.#now(), aim);
  }

  // --- Silence ---

  /** Our own process stood still: silence before now proves nothing. */
  forgiveSilence(): void {
    this.#silence.forgive();
  }

  // --- Coming back ---

  /** Its health may have changed: it is tried at once where that is due, or when it will be. */
  considerTrial(worker: Worker): void {
    this.#trials.consider(worker);
  }

  /** A request that may be repeated, and has no body, finds out whether a worker is back. */
  takeCanary(applicant: Applicant, backup = false): Worker | undefined {
    return this.#trials.takeCanary(applicant, backup);
  }

  /** The answer began, or the request is no more on the worker; if it is the canary. */
  canaryEnded(worker: Worker, exchange: Asker, answered: boolean): void {
    this.#trials.canaryEnded(worker, exchange, answered);
  }

  // --- State ---

  /** `evidence`: what the controller hears when the worker goes out by this. */
  setHealth(worker: Worker, health: LocalHealth, evidence?: EvidenceKind): void {
    if (health === worker.health) return;
    if (health.kind === "ok" && returnsCold(worker.health)) worker.liveSince = this.#now();
    if (health.kind === "ok") this.#pace?.forget(worker);
    worker.health = health;
    if (worker.gone) return;
    if (health.kind === "out" && evidence !== undefined && !worker.reported) {
      worker.reported = true;
      this.tell(worker, evidence);
    } else if (health.kind === "ok" && worker.reported) {
      worker.reported = false;
      this.tell(worker, "answered");
    }
    this.#pool.reconsider(worker);
  }

  /** As evidence, to the controller. */
  tell(worker: Worker, kind: EvidenceKind): void {
    const { service, id, address, generation } = worker;
    this.#engine.evidence({ service, id, address, generation, kind });
  }

  /** What waits for its first byte there goes to another worker, if it may be repeated or when it is sure not to begin. */
  wentOut(worker: Worker): void {
    for (const exchange of worker.exchanges.slice()) exchange.moveAway();
    worker.link?.takeBack();
  }

  dispose(): void {
    this.#silence.dispose();
    this.#pace?.dispose();
  }

  forget(worker: Worker): void {
    this.#trials.forget(worker);
  }

  #now(): number {
    return this.#engine.clock.now();
  }
}
