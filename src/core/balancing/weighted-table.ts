/**
 * Drawing by weight in constant time (Vose's alias method): a slot is drawn evenly, and keeps the draw with the
 * slot's probability, else passes it on to its alias.
 */
export interface WeightedTable {
  readonly keep: Float64Array;
  readonly alias: Uint32Array;
}

export function buildWeightedTable(weights: readonly number[]): WeightedTable {
  const count = weights.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const keep = new Float64Array(count).fill(1);
  const alias = Uint32Array.from({ length: count }, (_, slot) => slot);
  const share = weights.map((weight) => (weight * count) / total);
  const small: number[] = [];
  const large: number[] = [];
  for (const [slot, value] of share.entries()) (value < 1 ? small : large).push(slot);
  while (small.length > 0 && large.length > 0) {
    const poor = small.pop() ?? 0;
    const rich = large.pop() ?? 0;
    keep[poor] = share[poor] ?? 1;
    alias[poor] = rich;
    const left = (share[rich] ?? 1) - (1 - (share[poor] ?? 1));
    share[rich] = left;
    (left < 1 ? small : large).push(rich);
  }
  return { keep, alias };
}

/** A position in the weights given to `buildWeightedTable`. `chance` in [0, 1). */
export function drawFrom(table: WeightedTable, chance: number): number {
  const scaled = chance * table.keep.length;
  const slot = Math.floor(scaled);
  return scaled - slot < (table.keep[slot] ?? 1) ? slot : (table.alias[slot] ?? slot);
}
