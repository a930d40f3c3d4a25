import { observeLatency } from "../../core/balancing/latency.ts";
import { belongsTo } from "../../core/balancing/subsets.ts";
import { observeForP99 } from "../../core/balancing/percentile.ts";
import {
  afterConnectTimeout,
  afterFailure,
  afterProbePassed,
  afterRefused,
  afterReset,
  afterSlow,
  afterStall,
  afterSuccess,
  afterTrialAborted,
  afterTrialBegan,
  type LocalHealth,
  returnsCold,
  trialOf,
} from "../../core/health/health.ts";
import { insistent, type Patience, unhurried, urgent, withStoppedMs } from "../../core/health/inquiry.ts";
import { countOutcome, newRecentOutcomes, type RecentOutcomes } from "../../core/health/recent-outcomes.ts";
import {
  canaryDueAt,
  pingDueAt,
  questionDueAt,
  questionWithinMs,
  stallAfterMs,
  watchByte,
  watchEnded,
  watchSent,
} from "../../core/health/stall.ts";
import type { EvidenceKind } from "../../protocol/evidence.ts";
import { authorityOf, type Dialled } from "../../runtime/dial.ts";
import { dialWorker } from "./dial-worker.ts";
import type { Engine } from "../engine.ts";
import type { Applicant } from "../exchange/applicant.ts";
import type { Asker } from "../exchange/sides.ts";
import { probe, type ProbeResult, type Question } from "./probe.ts";
import { PaceWatch } from "./pace-watch.ts";
import type { ServicePool } from "./service-pool.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Worker } from "./worker.ts";
import type { ConnectionKeeper, WorkerConnection } from "./worker-connection.ts";
import type { LinkKeeper } from "../link/worker-link.ts";

const idleMin = 8;
/** However slow the service usually is: the check's path is asked after this silence. */
const askAfterMsMax = 150;
const lookEveryMs = 20;
const askAgainMs = 1_000;
/** A request may take long, and a lone one however long; that a link answers no ping is another matter. */
const pongWithinMs = 60;
const askWhatever: Question = { method: "OPTIONS", path: "*" };

/**
 * Gathers first-hand evidence about the workers of one service, and brings those that are out back: by probes and
 * canaries. The rules are core/health's; here they are fed, and what follows is done.
 */
export class WorkerWatch implements ConnectionKeeper, LinkKeeper {
  readonly #engine: Engine;
  readonly #pool: ServicePool;
  /** Those with requests that wait for an answer's first byte, in no order. */
  readonly #waiting: Worker[] = [];
  readonly #look: Deadline;
  /** Of all workers: what one of them is compared with. */
  readonly #outcomes: RecentOutcomes;
  /** Where slow workers are ejected, from the first answer on. */
  #pace: PaceWatch | undefined;
  /** When one that is out may be tried. */
  readonly #returns = new Map<Worker, Deadline>();
  /** Out by soft evidence: one request of a client may find out. */
  readonly #canaries = new Set<Worker>();

  constructor(engine: Engine, pool: ServicePool) {
    this.#engine = engine;
    this.#pool = pool;
    this.#outcomes = newRecentOutcomes(engine.wheel.now);
    this.#look = new Deadline(engine.wheel, (now) => this.#lookAtAll(now));
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
    if (worker.health.kind !== "ok") this.#setHealth(worker, afterProbePassed(worker.health, this.#now()));
  }

  refused(worker: Worker): void {
    this.#setHealth(worker, afterRefused(worker.health, this.#now()), "refused");
  }

  /** A packet that was lost looks the same at first: so it is asked, unless it was heard of since. */
  slow(worker: Worker, since: number): void {
    if (worker.gone || worker.probing || worker.health.kind !== "ok" || worker.heardAt >= since) return;
    const askedAt = this.#now();
    this.#ask(worker, this.#check(), this.#urgency(), (result) => {
      if (result === "passed") worker.heardAt = this.#now();
      else if (result === "refused") this.refused(worker);
      else if (worker.heardAt < askedAt) this.#unreachable(worker);
    });
  }

  #unreachable(worker: Worker): void {
    const before = worker.health;
    this.#setHealth(worker, afterConnectTimeout(before, this.#now()), "connect-timeout");
    if (worker.health !== before) this.wentOut(worker);
  }

  ended(connection: WorkerConnection, busy: boolean, reset: boolean): void {
    const { worker } = connection;
    const at = worker.idle.indexOf(connection);
    if (at !== -1) worker.idle.splice(at, 1);
    const last = worker.idle.length + worker.exchanges.length === 0;
    this.#connectionEnded(worker, busy, reset || last);
  }

  linkEnded(worker: Worker, busy: boolean): void {
    this.#connectionEnded(worker, busy, true);
  }

  linkAnswered(worker: Worker): void {
    this.byte(worker, this.#engine.wheel.now);
  }

  /** `telling`: even without a request on it, its end may mean that the process is gone. */
  #connectionEnded(worker: Worker, busy: boolean, telling: boolean): void {
    if (worker.gone || worker.state.kind === "draining") return;
    // Out at once, and asked at once: a worker that only dropped this connection is back within a millisecond.
    if (busy) this.#setHealth(worker, afterReset(worker.health, this.#now()));
    if (busy || telling) this.#probe(worker, busy ? "reset" : undefined);
  }

  // --- Requests ---

  sent(worker: Worker, now: number): void {
    watchSent(worker.stall, now);
    if (worker.stall.outstanding > 1) return;
    worker.quietSince = now;
    worker.placeAmongWaiting = this.#waiting.push(worker) - 1;
    if (this.#look.dueAt === Infinity) this.#look.setAt(now + lookEveryMs);
  }

  byte(worker: Worker, now: number): void {
    watchByte(worker.stall, now);
    worker.quietSince = now;
    worker.heardAt = now;
    if (worker.health.kind !== "ok" && worker.health.cause === "stalled") {
      this.#setHealth(worker, afterSuccess(worker.health, now));
    }
  }

  /** The answer began, or the request was given up. */
  outstandingEnded(worker: Worker, exchange: Asker, answered: boolean): void {
    watchEnded(worker.stall);
    if (worker.stall.outstanding === 0) this.#waitNoMore(worker);
    if (worker.canary !== exchange) return;
    worker.canary = undefined;
    if (!answered) this.#setHealth(worker, afterTrialAborted(worker.health));
  }

  answered(worker: Worker, status: number, latencyMs: number, now: number): void {
    observeLatency(worker.latency, latencyMs, now);
    observeForP99(this.#pool.p99, latencyMs, now);
    if (this.#pool.settings.ejectSlow === true) this.#noteHowSlow(worker, latencyMs);
    const failed = status === 502 || status === 503 || status === 504;
    countOutcome(this.#outcomes, now, failed);
    const health = failed
      ? afterFailure(worker.health, now, this.#outcomes)
      : afterSuccess(worker.health, now);
    if (health !== worker.health) this.#setHealth(worker, health, failed ? "failing" : undefined);
  }

  #noteHowSlow(worker: Worker, latencyMs: number): void {
    this.#pace ??= new PaceWatch(this.#engine, this.#pool, (slow, now) =>
      this.#setHealth(slow, afterSlow(slow.health, now)),
    );
    this.#pace.answered(worker, latencyMs);
  }

  /** An invalid answer, or none in time. */
  failedToAnswer(worker: Worker): void {
    const now = this.#now();
    countOutcome(this.#outcomes, now, true);
    this.#setHealth(worker, afterFailure(worker.health, now, this.#outcomes), "failing");
  }

  // --- Silence ---

  /** Our own process stood still: silence before now proves nothing. */
  forgiveSilence(): void {
    const now = this.#now();
    for (const worker of this.#waiting) {
      watchByte(worker.stall, now);
      worker.quietSince = now;
      worker.canarySentAt = now;
    }
  }

  #waitNoMore(worker: Worker): void {
    const last = this.#waiting.pop();
    if (last === undefined || last === worker) return;
    this.#waiting[worker.placeAmongWaiting] = last;
    last.placeAmongWaiting = worker.placeAmongWaiting;
  }

  /** While requests wait anywhere: there are hardly more such workers than requests, whatever the size of the service. */
  #lookAtAll(now: number): void {
    for (const worker of this.#waiting.slice()) {
      if (worker.stall.outstanding > 0 && !worker.gone) this.#lookAtSilence(worker, now);
    }
    if (this.#waiting.length > 0) this.#look.setAt(now + lookEveryMs);
  }

  #lookAtSilence(worker: Worker, now: number): void {
    if (pingDueAt(worker.stall, this.#pool.p99Ms) <= now) worker.link?.ping();
    if (this.#askDueAt(worker) <= now) this.#askTheSilent(worker, now);
    if (this.#silentDueAt(worker) <= now) {
      worker.askedAt = now;
      worker.link?.ping();
      this.#tell(worker, "silent");
    }
  }

  /**
   * When the worker should be asked about its silence. By its service's check: after half of what is allowed, though one
   * long answer alone is no reason to ask all the time. Without one only when a long answer does not explain the silence.
   */
  #askDueAt(worker: Worker): number {
    const p99 = this.#pool.p99Ms;
    if (worker.canary !== undefined) return canaryDueAt(worker.canarySentAt, p99);
    if (worker.health.kind !== "ok") return Infinity;
    if (this.#check() === undefined) {
      const noPongAt = (worker.link?.silentSince ?? Infinity) + pongWithinMs;
      return Math.min(noPongAt, questionDueAt(worker.stall, p99));
    }
    const due = worker.quietSince + this.#halfOfStallMs();
    return worker.stall.outstanding >= 2 ? due : Math.max(due, worker.askedAt + askAgainMs);
  }

  #halfOfStallMs(): number {
    return Math.min(askAfterMsMax, stallAfterMs(this.#pool.p99Ms) / 2);
  }

  /** When the controllers should ask a worker with a session; a long answer is no reason to ask all the time. */
  #silentDueAt(worker: Worker): number {
    const controllersCan = worker.session && this.#check() === undefined;
    if (!controllersCan || worker.health.kind !== "ok") return Infinity;
    return Math.max(worker.quietSince + this.#halfOfStallMs(), worker.askedAt + askAgainMs);
  }

  #stalled(worker: Worker, now: number): void {
    worker.canary = undefined;
    const before = worker.health;
    this.#setHealth(worker, afterStall(before, now), "stalled");
    if (worker.health !== before) this.wentOut(worker);
  }

  /** A slow worker that lives answers, and so does one whose packets were lost. No answer is the stall. */
  #askTheSilent(worker: Worker, now: number): void {
    if (worker.probing) return;
    const check = this.#check();
    if (check !== undefined) worker.askedAt = now;
    const patience = check === undefined ? insistent(questionWithinMs(this.#pool.p99Ms)) : this.#urgency();
    this.#ask(worker, check ?? askWhatever, patience, (result) => {
      if (result === "passed") this.#livesThough(worker);
      else if (result === "refused") this.refused(worker);
      else if (worker.quietSince < now && worker.stall.outstanding > 0) this.#stalled(worker, this.#now());
    });
  }

  #livesThough(worker: Worker): void {
    const now = this.#now();
    worker.canarySentAt = now;
    worker.link?.leaveSilent();
    this.byte(worker, now);
  }

  #urgency(): Patience {
    return withStoppedMs(urgent, Math.min(stallAfterMs(this.#pool.p99Ms), this.#probeMs()));
  }

  /** What waits for its first byte there goes to another worker, if it may be repeated or when it is sure not to begin. */
  wentOut(worker: Worker): void {
    for (const exchange of worker.exchanges.slice()) exchange.moveAway();
    worker.link?.takeBack();
  }

  // --- Coming back ---

  /** Its health may have changed: it is tried at once where that is due, or when it will be. */
  considerTrial(worker: Worker): void {
    const { health } = worker;
    const trial = trialOf(health);
    // How slow it is, only a request of a client shows.
    const byCheck = this.#check() !== undefined && !(health.kind === "probation" && health.cause === "slow");
    if (trial === "canary" && !byCheck) this.#canaries.add(worker);
    else this.#canaries.delete(worker);
    if (trial === "probe") this.#probe(worker, undefined);
    else if (trial === "canary" && byCheck) this.#tryByCheck(worker);
    if (health.kind === "out") this.#returnOf(worker).setAt(health.until);
  }

  #returnOf(worker: Worker): Deadline {
    let deadline = this.#returns.get(worker);
    if (deadline === undefined) {
      deadline = new Deadline(this.#engine.wheel, () => this.#pool.reconsider(worker));
      this.#returns.set(worker, deadline);
    }
    return deadline;
  }

  /** A request that may be repeated, and has no body, finds out whether a worker is back. */
  takeCanary(applicant: Applicant): Worker | undefined {
    if (this.#canaries.size === 0 || !applicant.mayBeCanary) return undefined;
    const worker = this.#canaryFor(applicant.aim.subset);
    if (worker === undefined) return undefined;
    this.#canaries.delete(worker);
    if (trialOf(worker.health) !== "canary") return undefined;
    worker.health = afterTrialBegan(worker.health);
    worker.canary = applicant.asker;
    worker.canarySentAt = this.#now();
    return worker;
  }

  /** Of a subset only its own workers may get a request. */
  #canaryFor(subset: string | undefined): Worker | undefined {
    const rule = subset === undefined ? undefined : this.#pool.settings.subsets?.[subset];
    for (const worker of this.#canaries) {
      if (subset === undefined || (rule !== undefined && belongsTo(rule, worker.labels))) return worker;
    }
    return undefined;
  }

  #tryByCheck(worker: Worker): void {
    if (worker.probing) return;
    worker.health = afterTrialBegan(worker.health);
    this.#ask(worker, this.#check(), unhurried(this.#probeMs()), (result) => {
      const now = this.#now();
      if (result === "passed") this.#setHealth(worker, afterSuccess(worker.health, now));
      else if (result === "refused") this.refused(worker);
      else this.#setHealth(worker, afterStall(worker.health, now));
    });
  }

  /** Does it take connections? `suspicion` is told to the controller only when it does not. */
  #probe(worker: Worker, suspicion: EvidenceKind | undefined): void {
    if (worker.probing) return;
    worker.health = afterTrialBegan(worker.health);
    const { connectMs } = this.#engine.rules().settings.timeouts;
    this.#ask(worker, undefined, unhurried(connectMs), (result) => {
      const now = this.#now();
      if (result === "passed") this.#setHealth(worker, afterProbePassed(worker.health, now));
      else if (result === "refused") this.refused(worker);
      else this.#setHealth(worker, afterConnectTimeout(worker.health, now), suspicion ?? "connect-timeout");
    });
  }

  #ask(
    worker: Worker,
    question: Question | undefined,
    patience: Patience,
    done: (result: ProbeResult) => void,
  ): void {
    worker.probing = true;
    const { tls } = worker;
    const trust = tls === undefined ? undefined : this.#engine.trusts.of(worker.service, tls);
    const dial = (): Dialled => dialWorker(this.#engine, worker);
    const asked = { dial, question, authority: authorityOf(worker, trust), patience };
    probe(this.#engine.wheel, asked, (result) => {
      worker.probing = false;
      if (worker.gone) return;
      done(result);
      // What became due while it was being asked.
      this.considerTrial(worker);
    });
  }

  #check(): Question | undefined {
    const { check } = this.#pool.settings;
    return check.kind === "http" ? { method: "GET", path: check.path } : undefined;
  }

  #probeMs(): number {
    const { check } = this.#pool.settings;
    return check.kind === "none" ? 1000 : check.timeoutMs;
  }

  // --- State ---

  /** `evidence`: what the controller hears when the worker goes out by this. */
  #setHealth(worker: Worker, health: LocalHealth, evidence?: EvidenceKind): void {
    if (health === worker.health) return;
    if (health.kind === "ok" && returnsCold(worker.health)) worker.liveSince = this.#now();
    if (health.kind === "ok") this.#pace?.forget(worker);
    worker.health = health;
    if (worker.gone) return;
    if (health.kind === "out" && evidence !== undefined && !worker.reported) {
      worker.reported = true;
      this.#tell(worker, evidence);
    } else if (health.kind === "ok" && worker.reported) {
      worker.reported = false;
      this.#tell(worker, "answered");
    }
    this.#pool.reconsider(worker);
  }

  #tell(worker: Worker, kind: EvidenceKind): void {
    const { service, id, address, generation } = worker;
    this.#engine.evidence({ service, id, address, generation, kind });
  }

  dispose(): void {
    this.#look.dispose();
    this.#pace?.dispose();
  }

  forget(worker: Worker): void {
    this.#returns.get(worker)?.dispose();
    this.#returns.delete(worker);
    this.#canaries.delete(worker);
  }

  #now(): number {
    return this.#engine.clock.now();
  }
}
