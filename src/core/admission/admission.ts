/** What the proxy knows when a request asks for a worker of its service. */
export interface AdmissionFacts {
  /** There is a worker that may be chosen, full or not, and that this request has not tried. */
  readonly someCandidate: boolean;
  /** At least one such is not full. */
  readonly someFree: boolean;
  /** Requests that already wait for this service. */
  readonly waiting: number;
  /** One of these would give way to this one: see `WaitingLine.victim`. Asked only where the line is full. */
  readonly someGivesWay: () => boolean;
  /** How long this request has waited. */
  readonly waitedMs: number;
  /** Until its client does not want the answer any more. */
  readonly leftMs: number;
}

export interface AdmissionRules {
  /** `waitMs`: for this request, see `WaitingLine.patienceMs`. */
  readonly queue: { readonly max: number; readonly waitMs: number };
  /** With no candidate at all, wait this long for one. */
  readonly noWorkerWaitMs: number;
}

export type Admission =
  | { readonly kind: "forward" }
  /** At most `forMs` more; ask again when a worker gets free or the workers change. */
  | { readonly kind: "wait"; readonly forMs: number }
  | {
      readonly kind: "refuse";
      /** A name in the table of problems. */
      readonly problem: "noLiveWorker" | "queueFull" | "queueTimeout";
      readonly retryAfterSeconds: number;
    };

/**
 * Whether a request goes on, waits, or is refused. A new one does not overtake those that wait (`someFree` is theirs
 * first); who of these goes first is the line's business. One whose time is over reaches no worker.
 */
export function admit(facts: AdmissionFacts, rules: AdmissionRules): Admission {
  if (facts.leftMs <= 0) return refuse(facts.someCandidate ? "queueTimeout" : "noLiveWorker");
  const first = facts.waitedMs > 0 || facts.waiting === 0;
  if (facts.someCandidate && facts.someFree && first) return { kind: "forward" };
  const ruleMs = facts.someCandidate ? rules.queue.waitMs : rules.noWorkerWaitMs;
  const forMs = Math.min(ruleMs - facts.waitedMs, facts.leftMs);
  if (forMs <= 0) return refuse(facts.someCandidate ? "queueTimeout" : "noLiveWorker");
  const isFull = facts.waitedMs === 0 && facts.waiting >= rules.queue.max;
  if (isFull && (rules.queue.max === 0 || !facts.someGivesWay())) {
    return refuse(facts.someCandidate ? "queueFull" : "noLiveWorker");
  }
  return { kind: "wait", forMs };
}

/** Workers come and go within seconds; a full service is full for longer than a blink. */
function refuse(problem: "noLiveWorker" | "queueFull" | "queueTimeout"): Admission {
  return { kind: "refuse", problem, retryAfterSeconds: problem === "noLiveWorker" ? 2 : 1 };
}
