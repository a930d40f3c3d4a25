import type { RetryDecision, TryFacts } from "./retry.ts";

/** Which of the rules of `decideRetry` decided, for people: see docs/why.md. */
export type RetryRule =
  /** Nothing was written to the worker: each worker may be tried once. */
  | "never-sent"
  /** The worker is known not to have begun. */
  | "unstarted"
  /** Repeating it has the effect of doing it once. */
  | "idempotent"
  | "answer-began"
  /** No answer in time, or an invalid one, is not asked for again. */
  | "not-repeated-after-this"
  | "body-gone"
  | "no-other-worker"
  | "deadline"
  | "retries-used"
  | "route-forbids"
  /** It came as a repetition: tiers add up, and do not multiply. */
  | "repeated-before"
  | "not-idempotent";

const neverSent: ReadonlySet<TryFacts["failure"]> = new Set(["refused", "connect-timeout", "untrusted"]);

/** Follows `decision`, which was made of the same facts: names the reason, and decides nothing itself. */
export function retryRule(facts: TryFacts, decision: RetryDecision): RetryRule {
  const { failure } = facts;
  if (decision.kind === "retry") {
    if (neverSent.has(failure)) return "never-sent";
    return facts.knownUnstarted ? "unstarted" : "idempotent";
  }
  if (facts.answerForwarded || facts.answerBegan) return "answer-began";
  if (failure === "head-timeout" || failure === "bad-answer") return "not-repeated-after-this";
  if (!facts.idempotent && !facts.knownUnstarted && !neverSent.has(failure)) return "not-idempotent";
  if (!facts.bodyReplayable) return "body-gone";
  if (!facts.anotherWorker) return "no-other-worker";
  if (facts.deadlinePassed) return "deadline";
  if (!facts.routeRetries && !facts.knownUnstarted && !neverSent.has(failure)) return "route-forbids";
  if (facts.repetition && !facts.knownUnstarted && !neverSent.has(failure)) return "repeated-before";
  return "retries-used";
}
