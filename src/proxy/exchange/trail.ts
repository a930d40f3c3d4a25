import { retryRule, type RetryRule } from "../../core/retry/retry-rule.ts";
import type { RetryDecision, TryFacts } from "../../core/retry/retry.ts";
import type { RequestHead } from "../../http1/http1.ts";
import type { RequestEnd, RequestTry, TryOutcome } from "../../protocol/requests.ts";
import type { Rules } from "../engine.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Worker } from "../workers/worker.ts";
import type { Account } from "./account.ts";
import type { Attempt } from "./attempt.ts";
import type { CancelCause, WorkerSide } from "./sides.ts";

const noTries: readonly RequestTry[] = [];

/**
 * What became of one request on its way, for who asks later. Of a request that goes well it holds a few numbers; only
 * a try that failed, or a record that is kept, makes an object.
 *
 *   begin --> (waits)* --> chosen --> tryEnds --> chosen ... --> the end: `triesUntil`
 */
export class Trail {
  end: RequestEnd = "whole";
  /** What exactly was wrong with a message. */
  detail: string | undefined;
  /** The parser's, until the request is over. */
  head: RequestHead | undefined;
  rules: Rules;
  pool: ServicePool | undefined;
  readonly #account: Account;
  #attempt: Attempt | undefined;
  #tries: readonly RequestTry[] = noTries;
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

  begin(head: RequestHead, rules: Rules): void {
    this.head = head;
    this.rules = rules;
    this.end = "whole";
    this.detail = undefined;
    this.#tries = noTries;
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
    this.#tries = noTries;
    this.#worker = undefined;
  }

  /** No worker can take it now. */
  waits(now: number): void {
    if (this.#waitingFrom === -1) this.#waitingFrom = now;
  }

  chosen(attempt: Attempt, worker: Worker, side: WorkerSide, now: number): void {
    if (this.#waitingFrom !== -1) {
      this.#queuedMs += now - this.#waitingFrom;
      this.#waitingFrom = -1;
    }
    this.#attempt = attempt;
    this.#worker = worker;
    this.#way = side.tellsBeginning ? "link" : side.reused ? "kept" : "new";
    this.#chosenAt = now;
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

  /** The try under way came to this, without a decision. */
  note(outcome: TryOutcome): void {
    this.#outcome = outcome;
  }

  givenUp(cause: CancelCause): void {
    if (cause === "timeout") this.#outcome = "head-timeout";
    else if (cause === "bad-answer") this.#outcome = "bad-answer";
    else return;
    this.#rule = "not-repeated-after-this";
  }

  /** A second try was begun beside it, and now leads. */
  follows(attempt: Attempt, now: number): void {
    const { worker, side } = attempt;
    if (worker === undefined || side === undefined) return;
    this.tryEnds("left", now);
    this.chosen(attempt, worker, side, attempt.sentAt);
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
  triesUntil(now: number): RequestTry[] {
    const last = this.#tryUntil(now, this.end === "whole" ? "answered" : (this.#outcome ?? "left"));
    return last === undefined ? [...this.#tries] : [...this.#tries, last];
  }

  #tryUntil(now: number, outcome: TryOutcome): RequestTry | undefined {
    const worker = this.#worker;
    if (worker === undefined || this.#attempt === undefined) return undefined;
    const { sent, sentAt, answerBegan, byteAt } = this.#attempt;
    const since = (at: number): number => round(at - this.#account.startedAt);
    const one: RequestTry = {
      worker: worker.id,
      way: this.#way,
      chosenMs: since(this.#chosenAt),
      endMs: since(now),
      outcome,
    };
    if (sent) one.sentMs = since(sentAt);
    if (answerBegan) one.firstByteMs = since(byteAt);
    if (this.#rule !== undefined) one.rule = this.#rule;
    return one;
  }
}

/** To a microsecond; a coarse clock may lie a little before an exact one. */
export function round(ms: number): number {
  return Math.max(0, Math.round(ms * 1000) / 1000);
}
