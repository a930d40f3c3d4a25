import { limitLookedAt } from "../../core/admission/adaptive-limit.ts";
import { afterStall } from "../../core/health/health.ts";
import { insistent } from "../../core/health/inquiry.ts";
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
import type { Engine } from "../engine.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Inquiries } from "./inquiries.ts";
import type { Question } from "./probe.ts";
import type { ServicePool } from "./service-pool.ts";
import type { Worker } from "./worker.ts";
import type { WorkerWatch } from "./worker-watch.ts";

/** However slow the service usually is: the check's path is asked after this silence. */
const askAfterMsMax = 150;
const lookEveryMs = 20;
const askAgainMs = 1_000;
/** A request may take long, and a lone one however long; that a link answers no ping is another matter. */
const pongWithinMs = 60;
const askWhatever: Question = { method: "OPTIONS", path: "*" };

/** Looks at workers where requests wait for an answer's first byte: who says nothing is asked, and no answer is the stall. */
export class SilenceWatch {
  readonly #engine: Engine;
  readonly #pool: ServicePool;
  readonly #watch: WorkerWatch;
  readonly #inquiries: Inquiries;
  /** Those with requests that wait, in no order. */
  readonly #waiting: Worker[] = [];
  readonly #look: Deadline;

  constructor(engine: Engine, pool: ServicePool, watch: WorkerWatch, inquiries: Inquiries) {
    this.#engine = engine;
    this.#pool = pool;
    this.#watch = watch;
    this.#inquiries = inquiries;
    this.#look = new Deadline(engine.wheel, (now) => this.#lookAtAll(now));
  }

  /** A request was sent. */
  sent(worker: Worker, now: number): void {
    watchSent(worker.stall, now);
    worker.explainedAt = -Infinity;
    if (worker.stall.outstanding > 1) return;
    worker.quietSince = now;
    worker.placeAmongWaiting = this.#waiting.push(worker) - 1;
    if (this.#look.dueAt === Infinity) this.#look.setAt(now + lookEveryMs);
  }

  /** A request waits no more. */
  ended(worker: Worker): void {
    watchEnded(worker.stall);
    if (worker.stall.outstanding === 0) this.#waitNoMore(worker);
  }

  /** Our own process stood still: silence before now proves nothing. */
  forgive(): void {
    const now = this.#engine.clock.now();
    for (const worker of this.#waiting) {
      watchByte(worker.stall, now);
      worker.quietSince = now;
      worker.canarySentAt = now;
      if (worker.limit !== undefined) worker.limit.movedAt = now;
    }
  }

  dispose(): void {
    this.#look.dispose();
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
    if (worker.limit !== undefined && limitLookedAt(worker.limit, now)) this.#pool.limitChanged(worker);
    if (pingDueAt(worker.stall, this.#pool.p99Ms) <= now) worker.link?.ping();
    if (this.#askDueAt(worker) <= now) this.#askTheSilent(worker, now);
    if (this.#silentDueAt(worker) <= now) {
      worker.askedAt = now;
      worker.link?.ping();
      this.#watch.tell(worker, "silent");
    }
  }

  /**
   * When the worker should be asked about its silence. By its service's check: after half of what is allowed, though one
   * long answer alone is no reason to ask all the time, nor are more that it was asked about already. Without one only when a long answer does not explain the silence.
   */
  #askDueAt(worker: Worker): number {
    const p99 = this.#pool.p99Ms;
    if (worker.canary !== undefined) return canaryDueAt(worker.canarySentAt, p99);
    if (worker.health.kind !== "ok") return Infinity;
    if (this.#inquiries.check === undefined) {
      const noPongAt = (worker.link?.silentSince ?? Infinity) + pongWithinMs;
      return Math.min(noPongAt, questionDueAt(worker.stall, p99));
    }
    const due = worker.quietSince + this.#halfOfStallMs();
    const isExplained = worker.explainedAt === worker.quietSince;
    const isNews = worker.stall.outstanding >= 2 && !isExplained;
    return isNews ? due : Math.max(due, worker.askedAt + askAgainMs);
  }

  #halfOfStallMs(): number {
    return Math.min(askAfterMsMax, stallAfterMs(this.#pool.p99Ms) / 2);
  }

  /** When the controllers should ask a worker with a session; a long answer is no reason to ask all the time. */
  #silentDueAt(worker: Worker): number {
    const controllersCan = worker.session && this.#inquiries.check === undefined;
    if (!controllersCan || worker.health.kind !== "ok") return Infinity;
    return Math.max(worker.quietSince + this.#halfOfStallMs(), worker.askedAt + askAgainMs);
  }

  #stalled(worker: Worker, now: number): void {
    worker.canary = undefined;
    const before = worker.health;
    this.#watch.setHealth(worker, afterStall(before, now), "stalled");
    if (worker.health !== before) this.#watch.wentOut(worker);
  }

  /** A slow worker that lives answers, and so does one whose packets were lost. No answer is the stall. */
  #askTheSilent(worker: Worker, now: number): void {
    if (worker.probing) return;
    const check = this.#inquiries.check;
    if (check !== undefined) worker.askedAt = now;
    const patience =
      check === undefined ? insistent(questionWithinMs(this.#pool.p99Ms)) : this.#inquiries.urgency;
    this.#inquiries.ask(worker, check ?? askWhatever, patience, (result) => {
      if (result === "passed") this.#livesThough(worker);
      else if (result === "refused") this.#watch.refused(worker);
      else if (worker.quietSince < now && worker.stall.outstanding > 0)
        this.#stalled(worker, this.#engine.clock.now());
    });
  }

  #livesThough(worker: Worker): void {
    const now = this.#engine.clock.now();
    worker.canarySentAt = now;
    worker.link?.leaveSilent();
    this.#watch.byte(worker, now);
    worker.explainedAt = worker.quietSince;
  }
}
