const echoWithinMs = 500;

/**
 * A signal that has come at `firstAt`, and so soon again that nobody has asked twice: GNU timeout signals its child and then its group, a
 * wrapper passes on what the whole group has got.
 */
export function isEcho(firstAt: number, now: number): boolean {
  return now - firstAt < echoWithinMs;
}
