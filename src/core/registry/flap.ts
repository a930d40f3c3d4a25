import type { Flaps } from "./worker.ts";

export const flapNumbers = {
  /** So many times out within the window: held down. */
  outsMax: 3,
  windowMs: 60_000,
  /** A life at least so long before is no flapping, but another incident. */
  calmMs: 10_000,
  holdMs: 10_000,
  holdMsMax: 60_000,
  /** So long after the end of a hold-down the next one is short again. */
  forgiveMs: 300_000,
} as const;

export const noFlaps: Flaps = { outAt: [], holds: 0, heldUntil: 0 };

/**
 * The worker went out after having been live for `livedMs`. Three times within a minute, each after a short life:
 * it is held down for 10 s, then 20, 40, at most 60 s. `mayHold` false: noted, not held.
 */
export function noteOut(flaps: Flaps, livedMs: number, now: number, mayHold: boolean): Flaps {
  const recent = flaps.outAt.filter((at) => at > now - flapNumbers.windowMs);
  if (livedMs >= flapNumbers.calmMs) return recent.length === 0 ? { ...flaps, outAt: [] } : flaps;
  const outAt = [...recent, now].slice(-flapNumbers.outsMax);
  if (outAt.length < flapNumbers.outsMax || !mayHold) return { ...flaps, outAt };
  const forgiven = now - flaps.heldUntil > flapNumbers.forgiveMs;
  const holds = forgiven ? 0 : flaps.holds;
  const holdMs = Math.min(flapNumbers.holdMs * 2 ** holds, flapNumbers.holdMsMax);
  return { outAt: [], holds: holds + 1, heldUntil: now + holdMs };
}
