import type { PeakEwma } from "./latency.ts";

/** What a policy sees of a worker. The proxy keeps these values; picking changes none of them. */
export interface Candidate {
  /** Above 0. Relative to the other workers of the service. */
  readonly weight: number;
  /** When it became live, on the clock that `now` comes from: its share grows from then. */
  readonly liveSince: number;
  /** Requests that this proxy has on it. */
  readonly inFlight: number;
  /** Full at this many requests in flight. */
  readonly maxInFlight?: number | undefined;
  readonly latency: PeakEwma;
  /** Since when requests wait there and no byte has come; unset or in the future: none waits. */
  readonly silentSince?: number;
}

/** A number in [0, 1); a new one with each call. */
export type Chance = () => number;

export type Policy = "p2c" | "round-robin" | "random" | "least-in-flight";

/** Share that a worker gets in its first moment. */
const shareAtStart = 0.1;

export function isFull(candidate: Candidate): boolean {
  return candidate.maxInFlight !== undefined && candidate.inFlight >= candidate.maxInFlight;
}

/** From `shareAtStart` when the worker became live to 1 after `slowStartMs`, in a straight line. */
export function rampShare(candidate: Candidate, slowStartMs: number, now: number): number {
  const age = now - candidate.liveSince;
  if (slowStartMs <= 0 || age >= slowStartMs) return 1;
  return Math.max(shareAtStart, Math.min(1, age / slowStartMs));
}
