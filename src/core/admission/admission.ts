/** What the proxy knows when a request asks for a worker of its service. */
export interface AdmissionFacts {
  /** There is a worker that may be chosen, full or not, and that this request has not tried. */
  readonly someCandidate: boolean;
  /** At least one such is below its `maxInFlight`. */
  readonly someFree: boolean;
  /** Requests that already wait for this service. */
  readonly waiting: number;
  /** How long this request has waited. */
  readonly waitedMs: number;
}

export interface AdmissionRules {
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
 * Whether a request goes on, waits, or is refused. Requests that wait are served in the order in which they came:
 * a new one does not overtake them (`someFree` is theirs first).
 */
export function admit(facts: AdmissionFacts, rules: AdmissionRules): Admission {
  const first = facts.waitedMs > 0 || facts.waiting === 0;
  if (facts.someCandidate && facts.someFree && first) return { kind: "forward" };
  const forMs = (facts.someCandidate ? rules.queue.waitMs : rules.noWorkerWaitMs) - facts.waitedMs;
  if (forMs <= 0) return refuse(facts.someCandidate ? "queueTimeout" : "noLiveWorker");
  if (facts.waitedMs === 0 && facts.waiting >= rules.queue.max) {
    return refuse(facts.someCandidate ? "queueFull" : "noLiveWorker");
  }
  return { kind: "wait", forMs };
}

/** Workers come and go within seconds; a full service is full for longer than a blink. */
function refuse(problem: "noLiveWorker" | "queueFull" | "queueTimeout"): Admission {
  return { kind: "refuse", problem, retryAfterSeconds: problem === "noLiveWorker" ? 2 : 1 };
}
