import type { LiveProxy } from "../live.ts";

/** What a proxy counted between two looks: from what on, and in which time by its own clock. */
export interface ReportedSpan {
  /** Undefined: from zero. */
  from: LiveProxy | undefined;
  ms: number;
}

type Proxies = ReadonlyMap<string, LiveProxy>;

/** What was done in a longer time says nothing of now. */
const reportedMsMax = 5_000;

/**
 * Undefined: nobody knows what it did. It reported nothing between the looks, or came back with what it did in a long
 * silence: it serves also while no controller hears it.
 */
export function reportedSpan(
  before: LiveProxy | undefined,
  after: LiveProxy,
  looksMs: number,
): ReportedSpan | undefined {
  const from = before?.instance === after.instance ? before : undefined;
  if (after.upMs === undefined) {
    // An older one. When it counted what it brings with it at first sight, nobody can say: that is left out.
    return { from: before === undefined ? after : from, ms: looksMs };
  }
  const ms = after.upMs - (from?.upMs ?? 0);
  return ms > 0 && ms <= reportedMsMax ? { from, ms } : undefined;
}

/** The proxies that reported nothing between two looks. */
export function silentBetween(before: Proxies, after: Proxies): string[] {
  return [...after.values()].flatMap(({ proxy, instance, upMs }) => {
    const earlier = before.get(proxy);
    return upMs !== undefined && earlier?.instance === instance && earlier.upMs === upMs ? [proxy] : [];
  });
}
