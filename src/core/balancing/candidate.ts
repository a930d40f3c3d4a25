import type { Latency } from "./latency.ts";

/** What a policy sees of a worker. The proxy keeps these values; picking changes none of them. */
export interface Candidate {
  /** Unique among the workers of the service, and the same at every gateway: what hashes go by. */
  readonly id: string;
  /** Above 0. Relative to the other workers of the service. */
  readonly weight: number;
  /** When it became live, on the clock that `now` comes from: its share grows from then. */
  readonly liveSince: number;
  /** Requests that this proxy has on it. */
  readonly inFlight: number;
  /** Full at this many requests in flight. */
  readonly maxInFlight?: number | undefined;
  /** As its adaptive limit sees it; unset: there is none. */
  readonly room?: Room;
  readonly latency: Latency;
  /** Unset: near. Does not change while the worker is in. */
  readonly rank?: Rank;
  /** Since when requests wait there and no byte has come; unset or in the future: none waits. */
  readonly silentSince?: number;
  /** What it said of itself last; unset: it says nothing. */
  readonly told?: ReportedLoad | undefined;
}

/** A worker's own words, which came with an answer. */
export interface ReportedLoad {
  /** Requests on it from all gateways, but for those of this proxy. */
  readonly inFlightOfOthers: number;
  /** How long its event loop held up what was due: the 99th percentile of its last second. */
  readonly delayMs: number;
  /** How long what it answered last was with it, up to the answer's first byte: on average. Infinity: it does not say. */
  readonly insideMs: number;
  readonly at: number;
}

/** Whose turn comes first: see `Ranks`. */
export const ranks = { near: 0, far: 1, backup: 2 } as const;

export type Rank = (typeof ranks)[keyof typeof ranks];

/** A number in [0, 1); a new one with each call. */
export type Chance = () => number;

export const policies = [
  "least-wait",
  "prequal",
  "peak-ewma",
  "p2c",
  "least-in-flight",
  "round-robin",
  "random",
  "rendezvous",
  "ring-hash",
  "maglev",
] as const;

export type Policy = (typeof policies)[number];

/** These go by a request's key. */
export const keyedPolicies: ReadonlySet<Policy> = new Set<Policy>(["rendezvous", "ring-hash", "maglev"]);

/** These draw some by chance, and may do so among a part of the workers. */
export const drawingPolicies: ReadonlySet<Policy> = new Set<Policy>([
  "least-wait",
  "prequal",
  "peak-ewma",
  "p2c",
  "random",
]);

export interface PolicySettings {
  readonly policy: Policy;
  readonly slowStartMs: number;
  /** Of a policy by key: how many times its fair share of the requests in flight a worker may have. Unset: any. */
  readonly loadBound?: number;
  /** Of a policy that draws: how many workers are in use at least, see `Aperture`. Unset: `usualAperture`. */
  readonly aperture?: number | "all";
}

/** Share that a worker gets in its first moment. */
const shareAtStart = 0.1;

/** For one request more. `last`: it is taken, but waits in the worker until that is done with another. */
export type Room = "free" | "last" | "full";

export function roomOf({ maxInFlight, inFlight, room = "free" }: Candidate): Room {
  return maxInFlight !== undefined && inFlight >= maxInFlight ? "full" : room;
}

/** From `shareAtStart` when the worker became live to 1 after `slowStartMs`, in a straight line. */
export function rampShare(candidate: Candidate, slowStartMs: number, now: number): number {
  const age = now - candidate.liveSince;
  if (slowStartMs <= 0 || age >= slowStartMs) return 1;
  return Math.max(shareAtStart, Math.min(1, age / slowStartMs));
}
