import {
  type AdaptiveLimit,
  isLimiting,
  limitAbandoned,
  limitAnswered,
  limitSent,
} from "../../core/admission/adaptive-limit.ts";
import type { Aim } from "./aim.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Asker, BegunAnswer, CancelCause, WorkerSide } from "./sides.ts";
import type { Worker } from "../workers/worker.ts";

/**
 * One exchange's try at one worker, and what the pool must know of it. Used again for each try.
 *
 *   none --begin--> begun --sent--> sent --sentInFull--> outstanding --byte--> answered
 *     ^                                                                          |
 *     +---------------------- leave, free (from anywhere) -----------------------+
 */
export class Attempt implements BegunAnswer {
  worker: Worker | undefined;
  side: WorkerSide | undefined;
  /** Something was written to the worker: it may have begun with the request. */
  sent = false;
  /** A byte of the answer came. */
  answerBegan = false;
  /** The worker was chosen. */
  begunAt = 0;
  sentAt = 0;
  /** The worker had all of the request: what a client takes for its upload is not the worker's time. Below 0: not yet. */
  wholeAt = -1;
  /** Of the answer's first byte. */
  byteAt = 0;
  status = 0;
  headAt = 0;
  /** The span that the worker was told as the parent of its own; empty: none. */
  spanId = "";
  readonly #asker: Asker;
  #pool: ServicePool | undefined;
  #outstanding = false;
  /** The limit that this request is counted by, as the `#ahead`th, since `#countedAt`; unset: it is not. */
  #limit: AdaptiveLimit | undefined;
  #ahead = 0;
  #countedAt = 0;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  begin(pool: ServicePool, worker: Worker, now: number): WorkerSide {
    this.#pool = pool;
    this.worker = worker;
    this.sent = false;
    this.answerBegan = false;
    this.begunAt = now;
    this.wholeAt = -1;
    this.status = 0;
    this.spanId = "";
    this.#outstanding = false;
    // An upload counts when it is there: until then its client is what is waited for.
    if (this.#asker.requestDone) this.#count(worker, now);
    pool.occupy(worker, this.#asker);
    this.side = pool.connection(worker, this.#asker);
    return this.side;
  }

  /** The worker has all of the request. */
  sentInFull(now: number): void {
    if (!this.worker) return;
    this.wholeAt = now;
    // An informational answer came before.
    if (this.answerBegan) return;
    if (this.#limit === undefined) this.#count(this.worker, now);
    this.awaitWord(now);
  }

  /** The worker has what it gets before it says something: from now on its silence counts. */
  awaitWord(now: number): void {
    if (!this.worker || this.#outstanding || this.answerBegan) return;
    this.#outstanding = true;
    this.#pool?.watch.sent(this.worker, now);
  }

  /** It gets more, though it has said nothing: until it has all of that its silence means nothing. */
  awaitNoWord(): void {
    this.#endOutstanding();
  }

  byte(now: number): void {
    if (!this.worker) return;
    this.#pool?.watch.byte(this.worker, now);
    if (!this.answerBegan) this.byteAt = now;
    this.answerBegan = true;
    this.#endOutstanding();
    this.#countNoMore(this.worker, now);
  }

  /** The answer's own head: after an informational one its client may still leave, and nothing was found out. */
  answered(status: number, now: number, aim: Aim): void {
    if (!this.worker) return;
    this.status = status;
    this.headAt = now;
    this.#trialEnds(this.worker, true);
    const tookMs = this.wholeAt < 0 ? undefined : now - this.wholeAt;
    this.worker.counters.answered(status, tookMs);
    this.#pool?.watch.answered(this.worker, status, tookMs, now, aim);
  }

  /** No answer in time, or none that is valid. */
  failed(aim: Aim): void {
    if (!this.worker) return;
    this.worker.counters.failed();
    this.#pool?.watch.failedToAnswer(this.worker, aim);
  }

  /** What follows its head is no valid answer. */
  brokeOff(aim: Aim): void {
    if (this.worker) this.#pool?.watch.brokeOff(this.worker, { aim, answer: this });
  }

  /** The worker had it, and gives no answer: counted. Its health is judged by what became of its connections, or by its silence. */
  unanswered(): void {
    if (this.sent && this.side?.unbegun !== true) this.worker?.counters.failed();
  }

  /** The side ended by itself; the worker is still occupied. */
  sideEnded(): void {
    this.side = undefined;
    this.#endOutstanding();
  }

  /** Cancels what is under way at the worker. */
  leave(cause: CancelCause): void {
    const { side } = this;
    this.sideEnded();
    side?.cancel(cause);
    this.free();
  }

  /** The worker may take another request. */
  free(): void {
    this.side = undefined;
    const { worker } = this;
    if (!worker) return;
    this.#endOutstanding();
    this.#countNoMore(worker);
    this.worker = undefined;
    // However it ended: it may not even have been sent.
    this.#trialEnds(worker, false);
    this.#pool?.free(worker, this.#asker);
  }

  #count(worker: Worker, now: number): void {
    if (this.#pool !== undefined) this.#limit = worker.limitAt(now, this.#pool.siblings);
    if (this.#limit === undefined) return;
    this.#ahead = limitSent(this.#limit, now);
    this.#countedAt = now;
  }

  /** `answeredAt`: an answer has begun; unset: there will be none. */
  #countNoMore(worker: Worker, answeredAt?: number): void {
    const limit = this.#limit;
    if (limit === undefined) return;
    this.#limit = undefined;
    const wasLimited = isLimiting(limit);
    const now = answeredAt ?? this.#pool?.now ?? this.#countedAt;
    if (answeredAt === undefined)
      limitAbandoned(limit, this.#countedAt, this.#ahead, now, worker.insideMs(now));
    else limitAnswered(limit, this.#countedAt, this.#ahead, now, worker.insideMs(now));
    if (wasLimited || isLimiting(limit)) this.#pool?.limitChanged(worker);
  }

  #trialEnds(worker: Worker, answered: boolean): void {
    if (worker.canary !== undefined) this.#pool?.watch.canaryEnded(worker, this.#asker, answered);
  }

  #endOutstanding(): void {
    if (!this.#outstanding || !this.worker) return;
    this.#outstanding = false;
    this.#pool?.watch.outstandingEnded(this.worker);
  }
}
