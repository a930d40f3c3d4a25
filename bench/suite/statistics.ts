/** What several measurements of one thing say: the middle one, and between which they all lie. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  count: number;
}

/** Undefined for no values at all. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((left, right) => left - right);
  const least = sorted[0];
  const most = sorted.at(-1);
  if (least === undefined || most === undefined) return undefined;
  const above = sorted[sorted.length >> 1] ?? most;
  const below = sorted[(sorted.length - 1) >> 1] ?? least;
  return { median: (below + above) / 2, least, most, count: sorted.length };
}

/** The value below or at which `share` (0 to 1) of the sorted values lie: one of them, never something between. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank))] ?? Number.NaN;
}

/** A figure of one round. */
export interface RoundValue {
  round: number;
  value: number;
}

/**
 * Ratios of what was measured one directly after the other: what the machine does at that moment, it does to both.
 * A round in which one of the two is missing gives no ratio.
 */
export function pairRatios(ours: readonly RoundValue[], theirs: readonly RoundValue[]): number[] {
  const others = new Map(theirs.map(({ round, value }) => [round, value]));
  return ours.flatMap(({ round, value }) => {
    const other = others.get(round);
    return other === undefined || other === 0 ? [] : [value / other];
  });
}
