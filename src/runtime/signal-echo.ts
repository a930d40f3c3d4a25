import type { Clock } from "./clock.ts";

const echoWithinMs = 500;

/**
 * A signal that has come at `firstAt`, and so soon again that nobody has asked twice: GNU timeout signals its child and then its group, a
 * wrapper passes on what the whole group has got.
 */
export function isEcho(firstAt: number, now: number): boolean {
  return now - firstAt < echoWithinMs;
}

/** A listener of one signal, which takes all but echoes. */
export function withoutEcho(clock: Clock, take: () => void): () => void {
  let firstAt = -Infinity;
  return () => {
    const now = clock.now();
    if (isEcho(firstAt, now)) return;
    firstAt = now;
    take();
  };
}
