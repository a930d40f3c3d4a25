import { ranks, roomOf } from "../../core/balancing/candidate.ts";
import { belongsTo } from "../../core/balancing/subsets.ts";
import { gradeOf } from "../../core/health/grade.ts";
import {
  afterConnectTimeout,
  afterProbePassed,
  afterStall,
  afterSuccess,
  afterTrialAborted,
  afterTrialBegan,
  trialOf,
} from "../../core/health/health.ts";
import { unhurried } from "../../core/health/inquiry.ts";
import type { EvidenceKind } from "../../protocol/evidence.ts";
import type { Engine } from "../engine.ts";
import type { Applicant } from "../exchange/applicant.ts";
import type { Asker } from "../exchange/sides.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Inquiries } from "./inquiries.ts";
import type { ServicePool } from "./service-pool.ts";
import type { Worker } from "./worker.ts";
import type { WorkerWatch } from "./worker-watch.ts";

/** So long a worker waits for a request that may be repeated. */
const lonelyMs = 10_000;

/** Brings workers that are out back: by a connect, by the service's check, or by one request of a client, the canary. */
export class Trials {
  readonly #engine: Engine;
  readonly #pool: ServicePool;
  readonly #watch: WorkerWatch;
  readonly #inquiries: Inquiries;
  /** When one that is out may be tried. */
  readonly #returns = new Map<Worker, Deadline>();
  /** Out by soft evidence: one request of a client may find out. Since when it is waited for. */
  readonly #canaries = new Map<Worker, number>();

  constructor(engine: Engine, pool: ServicePool, watch: WorkerWatch, inquiries: Inquiries) {
    this.#engine = engine;
    this.#pool = pool;
    this.#watch = watch;
    this.#inquiries = inquiries;
  }

  /** Its health may have changed: it is tried at once where that is due, or when it will be. */
  consider(worker: Worker): void {
    const { health } = worker;
    const trial = trialOf(health);
    // How slow it is, only a request of a client shows.
    const byCheck =
      this.#inquiries.check !== undefined && !(health.kind === "probation" && health.cause === "slow");
    if (trial !== "canary" || byCheck || getsNothing(worker)) this.#canaries.delete(worker);
    else if (!this.#canaries.has(worker)) this.#canaries.set(worker, this.#engine.clock.now());
    if (trial === "probe") this.probe(worker, undefined);
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

  /**
   * A request that may be repeated, and is whole, finds out whether a worker is back. Where none comes, for a service may get
   * nothing but POSTs, any other does after a while. `backup`: of a backup, which is so where nobody else serves.
   */
  takeCanary(applicant: Applicant, backup: boolean): Worker | undefined {
    if (this.#canaries.size === 0 || !applicant.isFirstTry) return undefined;
    const { subset } = applicant.aim;
    const worker = applicant.mayBeCanary ? this.#canaryFor(subset, backup) : this.#lonelyFor(subset, backup);
    if (worker === undefined) return undefined;
    this.#canaries.delete(worker);
    if (trialOf(worker.health) !== "canary") return undefined;
    worker.health = afterTrialBegan(worker.health);
    worker.canary = applicant.asker;
    worker.canarySentAt = this.#engine.clock.now();
    return worker;
  }

  /** Of a subset only its own workers may get a request. */
  #canaryFor(
    subset: string | undefined,
    backup: boolean,
    mayBe = (_worker: Worker): boolean => true,
  ): Worker | undefined {
    const rule = subset === undefined ? undefined : this.#pool.settings.subsets?.[subset];
    for (const worker of this.#canaries.keys()) {
      if ((worker.rank === ranks.backup) !== backup || roomOf(worker) === "full") continue;
      const isMember = subset === undefined || (rule !== undefined && belongsTo(rule, worker.labels));
      if (isMember && mayBe(worker)) return worker;
    }
    return undefined;
  }

  /** Not of those that stood still: what may not be repeated would stand there as well. */
  #lonelyFor(subset: string | undefined, backup: boolean): Worker | undefined {
    const since = this.#engine.wheel.now - lonelyMs;
    return this.#canaryFor(subset, backup, (worker) => {
      const { health } = worker;
      const stalled = health.kind !== "ok" && health.cause === "stalled";
      return !stalled && (this.#canaries.get(worker) ?? Infinity) <= since;
    });
  }

  #tryByCheck(worker: Worker): void {
    if (worker.probing) return;
    worker.health = afterTrialBegan(worker.health);
    this.#inquiries.ask(worker, this.#inquiries.check, unhurried(this.#inquiries.checkMs), (result) => {
      const now = this.#engine.clock.now();
      if (result === "passed") this.#watch.setHealth(worker, afterSuccess(worker.health, now));
      else if (result === "refused") this.#watch.refused(worker);
      else this.#watch.setHealth(worker, afterStall(worker.health, now));
    });
  }

  /** Does it take connections? `suspicion` is told to the controller only when it does not. */
  probe(worker: Worker, suspicion: EvidenceKind | undefined): void {
    if (worker.probing) return;
    // Who waits for its canary goes on doing so: a connect says nothing of what put it out.
    if (trialOf(worker.health) === "probe") worker.health = afterTrialBegan(worker.health);
    const { connectMs } = this.#engine.rules().settings.timeouts;
    this.#inquiries.ask(worker, undefined, unhurried(connectMs), (result) => {
      const now = this.#engine.clock.now();
      if (result === "passed") this.#watch.setHealth(worker, afterProbePassed(worker.health, now));
      else if (result === "refused") this.#watch.refused(worker);
      else
        this.#watch.setHealth(
          worker,
          afterConnectTimeout(worker.health, now),
          suspicion ?? "connect-timeout",
        );
    });
  }

  /** The canary is answered, or was given up. */
  canaryEnded(worker: Worker, exchange: Asker, answered: boolean): void {
    if (worker.canary !== exchange) return;
    worker.canary = undefined;
    if (!answered) this.#watch.setHealth(worker, afterTrialAborted(worker.health));
  }

  forget(worker: Worker): void {
    this.#returns.get(worker)?.dispose();
    this.#returns.delete(worker);
    this.#canaries.delete(worker);
  }
}

/** By what the table says: it drains, is parked or was never checked, or the controllers know that it is gone. */
function getsNothing(worker: Worker): boolean {
  const grade = gradeOf(worker);
  return grade === "apart" || grade === "hard";
}
