/**
 * How a worker in doubt is asked: over one connection, then over another beside it, until one of them brings what was
 * asked for. A single connection proves nothing: a SYN that is lost is sent again by the kernel only after a second
 * (RFC 6298), and a question that is lost after 200 ms at the best.
 *
 * What became of all of them tells the causes of silence from each other:
 *
 *   all connected, none answers    its kernel lives, its process does not run
 *   none connected                 nothing gets there
 *   some connected, some did not   packets are lost on the way: that alone is no fault of the worker
 */
export interface Tries {
  readonly made: number;
  readonly connected: number;
  /** When the last one began, since the begin of the first. */
  readonly lastAtMs: number;
}

export interface Patience {
  /** From one try to the next while none is connected ... */
  readonly everyMs: number;
  /** ... and once one is, and has not answered yet. */
  readonly connectedEveryMs: number;
  /** Silence allowed while all are connected ... */
  readonly stoppedMs: number;
  /** ... while none is ... */
  readonly goneMs: number;
  /** ... and while some are. */
  readonly lossyMs: number;
}

export type InquiryStep =
  | { readonly kind: "try" }
  | { readonly kind: "wait"; readonly forMs: number }
  | { readonly kind: "silent" };

/**
 * Requests wait in silence. At a loss of 30 % each way, half of all connects fail at first: of ten in 600 ms all do
 * in 0.1 % of the cases.
 */
export const urgent: Patience = {
  everyMs: 40,
  connectedEveryMs: 40,
  stoppedMs: 250,
  goneMs: 600,
  lossyMs: 1_500,
};

/**
 * Other signs of life are missing as well, and there is less time for a verdict: more tries in it. Of the connections
 * that a loss of 30 % leaves, half bring no answer at once: all of nine in one of 200,000 cases.
 */
export function insistent(withinMs: number): Patience {
  return {
    everyMs: urgent.everyMs,
    connectedEveryMs: withinMs / 10,
    stoppedMs: withinMs,
    goneMs: Math.max(urgent.goneMs, withinMs),
    lossyMs: Math.max(urgent.lossyMs, 2 * withinMs),
  };
}

/** Nobody waits: few tries, spread over the time that there is. Who answers slowly is asked twice at the most. */
export function unhurried(withinMs: number): Patience {
  return {
    everyMs: withinMs / 6,
    connectedEveryMs: withinMs / 3,
    stoppedMs: withinMs,
    goneMs: withinMs,
    lossyMs: 2 * withinMs,
  };
}

/** The same with less time for an answer: services differ in how long they are usually silent. */
export function withStoppedMs(patience: Patience, stoppedMs: number): Patience {
  return stoppedMs >= patience.stoppedMs ? patience : { ...patience, stoppedMs };
}

/** What is to be done now, while no try has brought what was asked for. */
export function inquiryStep(tries: Tries, elapsedMs: number, patience: Patience): InquiryStep {
  if (tries.made === 0) return { kind: "try" };
  const overAtMs = allowedMs(tries, patience);
  if (elapsedMs >= overAtMs) return { kind: "silent" };
  const { everyMs, connectedEveryMs } = patience;
  const gapMs = tries.connected > 0 ? connectedEveryMs : everyMs;
  const dueAtMs = tries.lastAtMs + gapMs;
  // One that begins just before the end could only look as if it did not connect.
  const worthIt = Math.max(dueAtMs, elapsedMs) + gapMs <= overAtMs;
  if (!worthIt) return { kind: "wait", forMs: overAtMs - elapsedMs };
  return dueAtMs <= elapsedMs ? { kind: "try" } : { kind: "wait", forMs: dueAtMs - elapsedMs };
}

function allowedMs({ made, connected }: Tries, { stoppedMs, goneMs, lossyMs }: Patience): number {
  if (connected === 0) return goneMs;
  return connected === made ? stoppedMs : lossyMs;
}
