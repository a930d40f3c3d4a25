/**
 * Self-preservation of one service. Silence may be our own fault (a pause, a partition, a lost switch), and it hits
 * many workers at once; so silence alone may take out only a few.
 *
 *   off --- an eviction by silence is denied ---> on --- none denied for 5 s ---> off
 *
 * Denied is an eviction that would be one of more than max(3, 20 %) within 10 s, or leave under half of the
 * service. Evidence (refused, reset, stalled) is never denied: only silence is.
 */
export interface Fleet {
  /** Times of evictions by silence within the window, in their order. */
  readonly evictedAt: readonly number[];
  readonly deniedAt: number;
  readonly preserving: boolean;
}

/** A service's workers at this moment: those of whom only silence, at worst, is known. */
export interface FleetCounts {
  readonly live: number;
  /** Out by silence: expired, or every session lost with no refusal. */
  readonly silent: number;
}

export const fleetNumbers = {
  windowMs: 10_000,
  evictionsMin: 3,
  evictionsShare: 0.2,
  leftShareMin: 0.5,
  calmMs: 5_000,
} as const;

export const calmFleet: Fleet = { evictedAt: [], deniedAt: Number.NEGATIVE_INFINITY, preserving: false };

/** May silence take out one more live worker now? */
export function mayEvict(fleet: Fleet, counts: FleetCounts, now: number): boolean {
  const size = counts.live + counts.silent;
  const { evictedAt } = fleet;
  const allowed = Math.floor(Math.max(fleetNumbers.evictionsMin, fleetNumbers.evictionsShare * size));
  // Asked with nearly every event of every worker: whether so many are within the window, the oldest of them tells.
  const oldest = evictedAt[evictedAt.length - allowed] ?? Number.NEGATIVE_INFINITY;
  return oldest <= now - fleetNumbers.windowMs && counts.live - 1 >= size * fleetNumbers.leftShareMin;
}

/** A flapping worker may be held down while at least half of the service is live without it. */
export function mayHold(counts: FleetCounts): boolean {
  return counts.live - 1 >= (counts.live + counts.silent) * fleetNumbers.leftShareMin;
}

export function afterEviction(fleet: Fleet, now: number): Fleet {
  const evictedAt = fleet.evictedAt.filter((at) => at > now - fleetNumbers.windowMs);
  return { ...fleet, evictedAt: [...evictedAt, now] };
}

export function afterDenial(fleet: Fleet, now: number): Fleet {
  return { ...fleet, deniedAt: now, preserving: true };
}

/** Ends the alarm when nothing had to be denied for a while. */
export function calmDown(fleet: Fleet, now: number): Fleet {
  if (!fleet.preserving || now - fleet.deniedAt < fleetNumbers.calmMs) return fleet;
  return { ...fleet, preserving: false };
}
