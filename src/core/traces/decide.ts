import { type TraceContext, traceFlags } from "./trace-context.ts";

/** Where a request goes on from. */
export type TraceDecision =
  /** What came goes on untouched: its trace is recorded nowhere. */
  | { kind: "pass" }
  /** The request is a part of the trace that came, which is recorded. */
  | { kind: "follow"; context: TraceContext }
  /** A trace begins here. What came is not passed on. */
  | { kind: "begin"; recorded: boolean };

export interface TraceRules {
  /** Of the traces that begin here, those that are recorded: 0 to 1. */
  share: number;
  /** Whose traces are gone on with. */
  follow: "anyone" | "trusted";
}

const pass: TraceDecision = { kind: "pass" };

/**
 * Whoever began a trace has decided whether it is recorded, and everybody on its way goes by that. `came`: undefined where
 * nothing did, or nothing valid. `draw`: by chance, from 0 to below 1.
 */
export function decideTrace(
  came: TraceContext | undefined,
  trusted: boolean,
  { share, follow }: TraceRules,
  draw: () => number,
): TraceDecision {
  if (came === undefined || (follow === "trusted" && !trusted))
    return { kind: "begin", recorded: draw() < share };
  return (came.flags & traceFlags.sampled) === 0 ? pass : { kind: "follow", context: came };
}
