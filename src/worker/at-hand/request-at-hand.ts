import type { IncomingMessage, ServerResponse } from "node:http";
import { readTraceparent } from "../../core/traces/trace-context.ts";
import { hopHeaders, type Hops, readHops } from "../../protocol/hops.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";

/** Passed on as they came, so that what one request causes is seen as one. */
const passedOn = ["x-request-id", "traceparent", "tracestate", "baggage"] as const;
/** Without a place in a trace that is told validly, nobody goes on with it. */
const withoutTrace = ["x-request-id", "baggage"] as const;

/**
 * A request that a handler works on, for whatever is called on the way: whether anybody still waits for its answer, and
 * for how long. Nothing but its start is noted before somebody asks.
 *
 *   unasked --signal--> watched --client left, or time over before the answer began--> aborted
 *                          '--answered--> unasked for good
 */
export class RequestAtHand {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #beganAt: number;
  /** Infinity: its body is still to come, or to come whole. */
  #wholeAt: number;
  #hops: Hops | undefined;
  #abort: AbortController | undefined;
  #timer: Timer | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, clock: Clock) {
    this.#request = request;
    this.#response = response;
    this.#clock = clock;
    this.#beganAt = clock.now();
    this.#wholeAt = this.#beganAt;
  }

  /** Its time for the answer may begin when the body is whole. */
  bodyComes(): void {
    this.#wholeAt = Infinity;
  }

  bodyCame(): void {
    this.#wholeAt = this.#clock.now();
  }

  /** How often it was repeated on its way here. */
  get attempt(): number {
    return this.#told().attempt;
  }

  /**
   * Until the head of the answer must be there; Infinity: it has gone out, or nobody named a time. Of a request whose body is still
   * coming: if that came to its end now.
   */
  get remainingMs(): number {
    if (this.#response.headersSent) return Infinity;
    const now = this.#clock.now();
    const { budgetMs, mostMs } = this.#told();
    return Math.min(this.#beganAt + mostMs, Math.min(this.#wholeAt, now) + budgetMs) - now;
  }

  /** Aborts when the answer is wanted no more. The same one for every caller. */
  get signal(): AbortSignal {
    this.#abort ??= this.#watch();
    return this.#abort.signal;
  }

  /** Header fields for a request that is made on its behalf. */
  get trace(): [name: string, value: string][] {
    const { headers } = this.#request;
    const parent = headers["traceparent"];
    const traced = typeof parent === "string" && readTraceparent(parent) !== undefined;
    return (traced ? passedOn : withoutTrace).flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value] as [string, string]] : [];
    });
  }

  #told(): Hops {
    if (this.#hops !== undefined) return this.#hops;
    const { headers } = this.#request;
    const text = (name: string): string | undefined => {
      const value = headers[name];
      return typeof value === "string" ? value : undefined;
    };
    this.#hops = readHops(text(hopHeaders.budget), text(hopHeaders.attempt), text("grpc-timeout"));
    return this.#hops;
  }

  #watch(): AbortController {
    const abort = new AbortController();
    const response = this.#response;
    const left = (): void => {
      this.#timer?.cancel();
      if (!response.writableFinished) abort.abort(new DOMException("the client has left", "AbortError"));
    };
    if (response.destroyed || response.writableFinished) {
      left();
      return abort;
    }
    response.once("close", left);
    this.#watchTime(abort);
    return abort;
  }

  #watchTime(abort: AbortController): void {
    const { remainingMs } = this;
    if (remainingMs !== Infinity) this.#timer = this.#clock.after(remainingMs, () => this.#timeUp(abort));
  }

  #timeUp(abort: AbortController): void {
    // Infinity, where the answer has begun.
    if (this.remainingMs > 0) return this.#watchTime(abort);
    abort.abort(new DOMException("the time for the answer is over", "TimeoutError"));
  }
}
