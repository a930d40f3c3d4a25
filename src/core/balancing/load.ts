import { type Candidate, rampShare } from "./candidate.ts";
import { leftAfter } from "./latency.ts";

/** What a worker said of requests from elsewhere is worth nothing after this time. */
const reportMs = 1_000;
/** Longer silence is the stall rule's business; it says no more about the latency. */
const silentMsMax = 500;

/** Requests on a worker: ours, which are known, and those of other gateways as it told with its last answer. */
export function requestsOn({ inFlight, told }: Candidate, now: number): number {
  if (told === undefined || told.inFlightOfOthers <= 0) return inFlight;
  const fresh = 1 - (now - told.at) / reportMs;
  return fresh <= 0 ? inFlight : inFlight + told.inFlightOfOthers * Math.min(1, fresh);
}

/** In proportion to its share of the traffic: 1 is one request at a worker of `averageWeight`. */
export function loadOf(
  worker: Candidate,
  requests: number,
  averageWeight: number,
  slowStartMs: number,
  now: number,
): number {
  if (requests === 0) return 0;
  return (requests * averageWeight) / (worker.weight * rampShare(worker, slowStartMs, now));
}

/** For how long requests wait there in silence. A latency is known only when an answer comes: until then this is. */
export function silentMs({ silentSince }: Candidate, now: number): number {
  return silentSince === undefined ? 0 : Math.max(0, Math.min(silentMsMax, now - silentSince));
}

/** How long its event loop holds up what is due, as it told; old news fade. `leastMs` where that is more. */
export function delayNow({ told }: Candidate, now: number, leastMs: number): number {
  if (told === undefined || told.delayMs <= leastMs) return leastMs;
  return Math.max(leastMs, told.delayMs * leftAfter(now - told.at));
}
