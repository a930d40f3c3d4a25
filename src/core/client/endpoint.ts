/**
 * What a client thinks of a gateway or worker that it may send requests to:
 *
 *   open --lost--> avoided --time over--> probed --answers--> open
 *                     ^-----does not, longer----'
 *                     ^----could not be asked---'
 *
 * An answer to a request opens it from every state.
 */
export type EndpointState =
  | { readonly kind: "open" }
  /** `times`: how often in a row it was found lost. */
  | { readonly kind: "avoided"; readonly times: number; readonly until: number }
  | { readonly kind: "probed"; readonly times: number };

export const avoidance = {
  /** After the first loss; doubles with each probe that fails. */
  firstMs: 100,
  /** Higher: less is asked of what is gone; lower: what came back is used sooner. */
  maxMs: 10_000,
} as const;

export const openEndpoint: EndpointState = { kind: "open" };

/** A request found it lost. Many requests find the same loss: only probes make the time grow. */
export function lost(state: EndpointState, now: number, chance: number): EndpointState {
  return state.kind === "open" ? avoidedFor(1, now, chance) : state;
}

/** The time is over: it is to be asked whether it lives. */
export function probeDue(state: EndpointState, now: number): boolean {
  return state.kind === "avoided" && now >= state.until;
}

export function probing(state: EndpointState): EndpointState {
  return state.kind === "avoided" ? { kind: "probed", times: state.times } : state;
}

export function probeFailed(state: EndpointState, now: number, chance: number): EndpointState {
  return state.kind === "probed" ? avoidedFor(state.times + 1, now, chance) : state;
}

/** It could not be asked: that says nothing of it, and it is asked again as soon as it was to be this time. */
export function probeUnasked(state: EndpointState, now: number, chance: number): EndpointState {
  return state.kind === "probed" ? avoidedFor(state.times, now, chance) : state;
}

/** From half of the time to all of it: many clients that lost a gateway at once do not come back at once. */
function avoidedFor(times: number, now: number, chance: number): EndpointState {
  const wholeMs = Math.min(avoidance.maxMs, avoidance.firstMs * 2 ** Math.min(times - 1, 20));
  return { kind: "avoided", times, until: now + (wholeMs * (1 + chance)) / 2 };
}
