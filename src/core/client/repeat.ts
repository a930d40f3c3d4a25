/** What an answer says that a gateway made itself: a row of the table of problems. */
export interface GatewaysWord {
  readonly status: number;
  readonly retry: "safe" | "idempotent-only" | "pointless";
}

export interface RequestFacts {
  /** Its method is idempotent, or the caller says that it may be repeated. */
  readonly repeatable: boolean;
  /** The body can be sent again. */
  readonly bodyReplayable: boolean;
  readonly retries: number;
  /** It says that the request was repeated already, or may not be: one tier repeats, not each. */
  readonly spent: boolean;
  readonly deadlinePassed: boolean;
}

const retriesMax = 1;

/**
 * A gateway says that it could not serve the request; may another be asked?
 *
 *   status   safe     idempotent-only     pointless
 *   < 500    no: the request itself is what is refused
 *   >= 500     yes      if repeatable       no
 *
 * and never where it was repeated already, with a body that is gone, past the deadline, or twice.
 */
export function mayAskAnotherGateway(word: GatewaysWord, facts: RequestFacts): boolean {
  if (word.status < 500 || word.retry === "pointless") return false;
  if (facts.spent) return false;
  if (!facts.bodyReplayable || facts.deadlinePassed || facts.retries >= retriesMax) return false;
  return word.retry === "safe" || facts.repeatable;
}
