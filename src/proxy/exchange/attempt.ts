import type { Exchange } from "./exchange.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { CancelCause, WorkerSide } from "./sides.ts";
import type { Worker } from "../workers/worker.ts";

/**
 * One exchange's try at one worker, and what the pool must know of it. Used again for each try.
 *
 *   none --begin--> begun --sent--> sent --sentInFull--> outstanding --byte--> answered
 *     ^                                                                          |
 *     +---------------------- leave, free (from anywhere) -----------------------+
 */
export class Attempt {
  worker: Worker | undefined;
  side: WorkerSide | undefined;
  /** Something was written to the worker: it may have begun with the request. */
  sent = false;
  /** A byte of the answer came. */
  answerBegan = false;
  sentAt = 0;
  /** Of the answer's first byte. */
  byteAt = 0;
  readonly #exchange: Exchange;
  #pool: ServicePool | undefined;
  #outstanding = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  begin(pool: ServicePool, worker: Worker): WorkerSide {
    this.#pool = pool;
    this.worker = worker;
    this.sent = false;
    this.answerBegan = false;
    this.#outstanding = false;
    pool.occupy(worker, this.#exchange);
    this.side = pool.connection(worker, this.#exchange);
    return this.side;
  }

  /** The worker has all of the request: from now on its silence counts. */
  sentInFull(now: number): void {
    if (!this.worker || this.#outstanding || this.answerBegan) return;
    this.#outstanding = true;
    this.#pool?.watch.sent(this.worker, now);
  }

  byte(now: number): void {
    if (!this.worker) return;
    this.#pool?.watch.byte(this.worker, now);
    if (!this.answerBegan) this.byteAt = now;
    this.answerBegan = true;
    this.#endOutstanding(true);
  }

  answered(status: number, now: number): void {
    if (!this.worker) return;
    this.worker.counters.answered(status, now - this.sentAt);
    this.#pool?.watch.answered(this.worker, status, now - this.sentAt, now);
  }

  /** No answer in time, or none that is valid. */
  failed(): void {
    if (!this.worker) return;
    this.worker.counters.failed();
    this.#pool?.watch.failedToAnswer(this.worker);
  }

  /** The side ended by itself; the worker is still occupied. */
  sideEnded(): void {
    this.side = undefined;
    this.#endOutstanding(false);
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
    this.#endOutstanding(false);
    this.worker = undefined;
    this.#pool?.free(worker, this.#exchange);
  }

  #endOutstanding(answered: boolean): void {
    if (!this.#outstanding || !this.worker) return;
    this.#outstanding = false;
    this.#pool?.watch.outstandingEnded(this.worker, this.#exchange, answered);
  }
}
