/** How one try at a worker ended without a usable answer. */
export type TryFailure =
  /** Nobody listens; nothing was sent. */
  | "refused"
  /** The connection was not made in time; nothing was sent. */
  | "connect-timeout"
  /** Whoever took the connection is not the worker that it should be; nothing was sent. */
  | "untrusted"
  /** The connection ended after bytes of the request had been sent on it. */
  | "reset"
  /** The worker stalls (it may wake up and go on). */
  | "stalled"
  /** The time for the response head is over. */
  | "head-timeout"
  /** What came is not a valid answer. */
  | "bad-answer";

export interface TryFacts {
  readonly failure: TryFailure;
  /** Repeating it has the effect of sending it once: by its method, or by a key that its service knows it by. */
  readonly idempotent: boolean;
  /** It is a repetition already, made by a hop before this one: so many tiers that repeat add up, and do not multiply. */
  readonly repetition: boolean;
  /** The worker is known not to have begun with the request, though bytes were sent (a link can know this). */
  readonly knownUnstarted: boolean;
  /** A byte of the answer came from the worker. */
  readonly answerBegan: boolean;
  /** A byte of the answer was passed on to the client. */
  readonly answerForwarded: boolean;
  /** The request's body can be sent again in full: none, or all that was taken from the client is still held. */
  readonly bodyReplayable: boolean;
  /** Counted retries of this request so far. */
  readonly retries: number;
  /** There is a worker that this request was not sent to. */
  readonly anotherWorker: boolean;
  readonly deadlinePassed: boolean;
  /** The route allows retries. */
  readonly routeRetries: boolean;
}

/** `problem` is a name in the table of problems. */
export type RetryDecision =
  | {
      readonly kind: "retry";
      /** A counted retry also needs a token of the budget; without one, answer with `problem`. */
      readonly counted: boolean;
      readonly problem: RetryProblem;
    }
  /** Leave the request where it is, until its own deadline. */
  | { readonly kind: "wait" }
  | { readonly kind: "answer"; readonly problem: RetryProblem }
  /** The client has part of the answer: cut its connection, so that it cannot take the part for the whole. */
  | { readonly kind: "abort" };

export type RetryProblem =
  | "workerRefused"
  | "connectTimeout"
  | "workerUntrusted"
  | "workerReset"
  | "outcomeUnknown"
  | "headTimeout"
  | "badAnswer";

const retriesMax = 1;
/** Two workers may be lost at once, and the first retry have gone to the second of them. */
const retriesAfterResetMax = 2;

const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** RFC 9110, 9.2.2: repeating the request has the effect of sending it once. Unknown methods do not. */
export function isIdempotent(method: string): boolean {
  return idempotentMethods.has(method);
}

/**
 * What to do after a failed try:
 *
 *   failure          nothing sent      sent, unstarted    sent, idempotent    sent, other
 *   refused          retry, uncounted
 *   connect-timeout  retry, uncounted
 *   untrusted        retry, uncounted
 *   reset                              retry, uncounted   retry               502 outcome-unknown
 *   stalled                            retry, uncounted   retry               wait
 *   head-timeout                       504                504                 504
 *   bad-answer                         502                502                 502
 *
 * and never: what began and is a repetition already; after a byte of the answer, with a body that is gone, past the deadline,
 * without another worker, or (but for the uncounted, which cost no worker anything: each worker once) more than once,
 * after a reset twice.
 */
export function decideRetry(facts: TryFacts): RetryDecision {
  const { failure } = facts;
  if (facts.answerForwarded) return { kind: "abort" };
  const problem = problemOf(facts);
  if (!mayRepeat(facts)) return failure === "stalled" ? { kind: "wait" } : { kind: "answer", problem };
  return { kind: "retry", counted: !nothingBegan(facts), problem };
}

function mayRepeat(facts: TryFacts): boolean {
  const { failure } = facts;
  if (failure === "head-timeout" || failure === "bad-answer") return false;
  if (facts.answerBegan) return false;
  if (!facts.bodyReplayable || !facts.anotherWorker || facts.deadlinePassed) return false;
  if (nothingBegan(facts)) return true;
  if (facts.retries >= (failure === "reset" ? retriesAfterResetMax : retriesMax)) return false;
  return facts.routeRetries && facts.idempotent && !facts.repetition;
}

/** The worker has done nothing with it, and will not. */
function nothingBegan({ failure, knownUnstarted }: TryFacts): boolean {
  const nothingSent = failure === "refused" || failure === "connect-timeout" || failure === "untrusted";
  return nothingSent || knownUnstarted;
}

function problemOf(facts: TryFacts): RetryProblem {
  switch (facts.failure) {
    case "refused":
      return "workerRefused";
    case "connect-timeout":
      return "connectTimeout";
    case "untrusted":
      return "workerUntrusted";
    case "reset":
      return facts.knownUnstarted || facts.idempotent ? "workerReset" : "outcomeUnknown";
    case "stalled":
    case "head-timeout":
      return "headTimeout";
    case "bad-answer":
      return "badAnswer";
  }
}
