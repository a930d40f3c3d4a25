import { retryRule, type RetryRule } from "../../core/retry/retry-rule.ts";
import type { RetryDecision, TryFacts } from "../../core/retry/retry.ts";
import type { RequestHead } from "../../http1/http1.ts";
import type { RequestEnd, RequestTry, TryOutcome } from "../../protocol/requests.ts";
import type { Rules } from "../engine.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Worker } from "../workers/worker.ts";
import type { RequestTrace } from "../traces/request-trace.ts";
import type { Account } from "./account.ts";
import type { Attempt } from "./attempt.ts";
import type { CancelCause, WorkerSide } from "./sides.ts";

/** A try, and what only its span tells: nothing is sent to records and logs but `told`. */
export interface PastTry {
  told: RequestTry;
  /** Empty: nothing was written under a span. */
  spanId: string;
  host: string;
  port: number;
  /** It speaks TLS. */
  secure: boolean;
}

/** Waiting for a worker. Milliseconds since the request's first byte. */
export interface Wait {
  fromMs: number;
  toMs: number;
}

const noTries: readonly PastTry[] = [];
const noWaits: readonly Wait[] = [];

/**
 * What became of one request on its way, for who asks later. Of a request that goes well it holds a few numbers; only
 * a try that failed, or a record that is kept, makes an object.
 *
 *   begin --> (waits)* --> chosen --> tryEnds --> chosen ... --> the end: `triesUntil`
 */
export class Trail {
  end: RequestEnd = "whole";
  /** What exactly was wrong with a message, or what there was not for a connection. */
  detail: string | undefined;
  /** The parser's, until the request is over. */
  head: RequestHead | undefined;
  rules: Rules;
  pool: ServicePool | undefined;
  /** Unset: the trace that came, if any, is not ours to go on with. */
  trace: RequestTrace | undefined;
  readonly #account: Account;
  #attempt: Attempt | undefined;
  #tries: readonly PastTry[] = noTries;
  #waits: readonly Wait[] = noWaits;
  /** Of the try under way; undefined: there is none. */
  #worker: Worker | undefined;
  #way: RequestTry["way"] = "new";
  #chosenAt = 0;
  #outcome: TryOutcome | undefined;
  #rule: RetryRule | "budget-empty" | undefined;
  #waitingFrom = -1;
  #queuedMs = 0;

  constructor(account: Account, rules: Rules) {
    this.#account = account;
    this.rules = rules;
  }

  begin(head: RequestHead, rules: Rules, trace: RequestTrace | undefined): void {
    this.head = head;
    this.rules = rules;
    this.trace = trace;
    this.end = "whole";
    this.detail = undefined;
    this.#tries = noTries;
    this.#waits = noWaits;
    this.#worker = undefined;
    this.#outcome = undefined;
    this.#rule = undefined;
    this.#waitingFrom = -1;
    this.#queuedMs = 0;
  }

  /** An idle connection keeps nothing of a request. */
  close(): void {
    this.head = undefined;
    this.pool = undefined;
    this.trace = undefined;
    this.#tries = noTries;
    this.#waits = noWaits;
    this.#worker = undefined;
  }

  /** No worker can take it now. */
  waits(now: number): void {
    if (this.#waitingFrom === -1) this.#waitingFrom = now;
  }

  chosen(attempt: Attempt, worker: Worker, side: WorkerSide, now: number): void {
    if (this.#waitingFrom !== -1) this.#waitEnds(now);
    this.#attempt = attempt;
    this.#worker = worker;
    this.#way = wayOf(side);
    this.#chosenAt = now;
    this.detail = undefined;
    this.#outcome = undefined;
    this.#rule = undefined;
  }

  /** A try failed, and it was decided what follows. */
  decided(facts: TryFacts, decision: RetryDecision): RetryDecision {
    this.#outcome = facts.failure === "reset" && facts.knownUnstarted ? "unstarted" : facts.failure;
    this.#rule = retryRule(facts, decision);
    return decision;
  }

  budgetEmpty(): void {
    this.#rule = "budget-empty";
  }

  /** The try under way came to this, whatever was decided. */
  note(outcome: TryOutcome): void {
    this.#outcome = outcome;
  }

  /** `sent`: the worker had it, or a part of it. */
  givenUp(cause: CancelCause, sent: boolean): void {
    if (cause === "timeout" && !sent) {
      this.#outcome = "connect-timeout";
      this.#rule = "deadline";
      return;
    }
    if (cause === "timeout") this.#outcome = "head-timeout";
    else if (cause === "bad-answer") this.#outcome = "bad-answer";
    else return;
    this.#rule = "not-repeated-after-this";
  }

  /** A second try was begun beside it, and now leads. `outcome`: of the one that led. */
  follows(attempt: Attempt, outcome: TryOutcome, now: number): void {
    const { worker, side } = attempt;
    if (worker === undefined || side === undefined) return;
    this.#account.picked(worker.id);
    this.tryEnds(outcome, now);
    this.chosen(attempt, worker, side, attempt.begunAt);
  }

  /** A second try beside the one under way came to nothing: that one goes on alone. */
  besideEnded(attempt: Attempt, outcome: TryOutcome, now: number): void {
    const { worker, side, begunAt } = attempt;
    if (worker === undefined || side === undefined) return;
    const told = this.#told(attempt, worker, { way: wayOf(side), chosenAt: begunAt, outcome }, now);
    this.#tries = [...this.#tries, told];
  }

  /** Another one follows. */
  tryEnds(outcome: TryOutcome, now: number): void {
    const over = this.#tryUntil(now, this.#outcome ?? outcome);
    if (over !== undefined) this.#tries = [...this.#tries, over];
    this.#worker = undefined;
  }

  queuedMs(now: number): number {
    return this.#queuedMs + (this.#waitingFrom === -1 ? 0 : now - this.#waitingFrom);
  }

  /** Of the workers it was sent to, the one under way: the last. */
  get worker(): Worker | undefined {
    return this.#worker;
  }

  /** All tries, when the request is over. */
  triesUntil(now: number): PastTry[] {
    const last = this.#tryUntil(now, this.end === "whole" ? "answered" : (this.#outcome ?? "left"));
    return last === undefined ? [...this.#tries] : [...this.#tries, last];
  }

  waitsUntil(now: number): readonly Wait[] {
    if (this.#waitingFrom !== -1) this.#waitEnds(now);
    return this.#waits;
  }

  #waitEnds(now: number): void {
    this.#queuedMs += now - this.#waitingFrom;
    this.#waits = [...this.#waits, { fromMs: this.#since(this.#waitingFrom), toMs: this.#since(now) }];
    this.#waitingFrom = -1;
  }

  #tryUntil(now: number, outcome: TryOutcome): PastTry | undefined {
    if (this.#worker === undefined || this.#attempt === undefined) return undefined;
    const how = { way: this.#way, chosenAt: this.#chosenAt, outcome };
    const past = this.#told(this.#attempt, this.#worker, how, now);
    if (this.#rule !== undefined) past.told.rule = this.#rule;
    return past;
  }

  #told(
    { sent, sentAt, wholeAt, answerBegan, byteAt, spanId }: Attempt,
    { id, host, port, tls }: Worker,
    { way, chosenAt, outcome }: { way: RequestTry["way"]; chosenAt: number; outcome: TryOutcome },
    now: number,
  ): PastTry {
    const told: RequestTry = {
      worker: id,
      way,
      chosenMs: this.#since(chosenAt),
      endMs: this.#since(now),
      outcome,
    };
    if (sent) told.sentMs = this.#since(sentAt);
    if (sent && wholeAt > sentAt) told.wholeMs = this.#since(wholeAt);
    if (answerBegan) told.firstByteMs = this.#since(byteAt);
    return { told, spanId, host, port, secure: tls !== undefined };
  }

  #since(at: number): number {
    return round(at - this.#account.startedAt);
  }
}

function wayOf({ tellsBeginning, reused }: WorkerSide): RequestTry["way"] {
  return tellsBeginning ? "link" : reused ? "kept" : "new";
}

/** To a microsecond; a coarse clock may lie a little before an exact one. */
export function round(ms: number): number {
  return Math.max(0, Math.round(ms * 1000) / 1000);
}
