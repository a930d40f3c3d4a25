import type { ReportedLoad } from "../balancing/candidate.ts";

/** While a link is left for its silence nothing is told; it is tried again well before. */
const toldMs = 10_000;
/** Of the time that an answer took. */
const insideShare = 1 / 2;

/**
 * How long requests are with a worker at most, by its own word: in its hands, and before that in its sockets, which it does
 * not read while its event loop is held up. Infinity: it says nothing of it.
 */
export function insideMsOf(told: ReportedLoad | undefined, now: number): number {
  if (told === undefined || now - told.at > toldMs) return Infinity;
  return told.insideMs + told.delayMs;
}

/**
 * Answers are late, but most of their time was not spent in the worker: they are held up on the way there or back, by a
 * network that loses packets or is slow. Sending fewer would help nobody.
 */
export function waitsOnTheWay({ typicalMs, insideMs }: { typicalMs: number; insideMs: number }): boolean {
  return insideMs < typicalMs * insideShare;
}
