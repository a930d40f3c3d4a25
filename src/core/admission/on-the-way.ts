import type { ReportedLoad } from "../balancing/candidate.ts";

/** While a link is left for its silence nothing is told; it is tried again well before. */
const toldMs = 10_000;
/** So long a way that lost a packet is one that loses packets. */
const lossyMs = 10_000;
/** Of the time that an answer took. */
const insideShare = 1 / 2;

/**
 * How long requests are with a worker at most, by its own word: in its hands, and before that in its sockets, which it does
 * not read while its event loop is held up. One that says nothing, on a way that loses packets, gets the benefit of the doubt.
 * Infinity: nobody knows. `lostAt`: when a packet was lost on the way last.
 */
export function insideMsOf(told: ReportedLoad | undefined, lostAt: number, now: number): number {
  const insideMs = told === undefined || now - told.at > toldMs ? Infinity : told.insideMs + told.delayMs;
  return insideMs === Infinity && losesPackets(lostAt, now) ? 0 : insideMs;
}

export function losesPackets(lostAt: number, now: number): boolean {
  return now - lostAt < lossyMs;
}

/**
 * Answers are late, but most of their time was not spent in the worker: they are held up on the way there or back, by a
 * network that loses packets or is slow. Sending fewer would help nobody.
 */
export function waitsOnTheWay({ typicalMs, insideMs }: { typicalMs: number; insideMs: number }): boolean {
  return insideMs < typicalMs * insideShare;
}
