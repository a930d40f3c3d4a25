/** Answers of the last ten seconds, and how many of them failed, by second, in a ring. Changed in place: every answer passes here. */
export interface RecentOutcomes {
  readonly total: Uint32Array;
  readonly failed: Uint32Array;
  second: number;
  /** Since the beginning: two readings of these tell what was between them, where the ring tells only of ten seconds. */
  totalEver: number;
  failedEver: number;
}

/** What one answer is. `broken`: an error that was counted as sound when it began. */
export type Outcome = "sound" | "error" | "broken" | "failed";

const windowSeconds = 10;
export const windowMs = windowSeconds * 1_000;

export function newRecentOutcomes(now: number): RecentOutcomes {
  return {
    total: new Uint32Array(windowSeconds),
    failed: new Uint32Array(windowSeconds),
    second: Math.floor(now / 1000),
    totalEver: 0,
    failedEver: 0,
  };
}

export function countOutcome(outcomes: RecentOutcomes, now: number, failed: boolean): void {
  turnTo(outcomes, now);
  const slot = outcomes.second % windowSeconds;
  outcomes.total[slot] = (outcomes.total[slot] ?? 0) + 1;
  outcomes.totalEver += 1;
  if (failed) countAsFailed(outcomes, now);
}

/** One that is counted already. */
export function countAsFailed(outcomes: RecentOutcomes, now: number): void {
  turnTo(outcomes, now);
  const slot = outcomes.second % windowSeconds;
  outcomes.failed[slot] = (outcomes.failed[slot] ?? 0) + 1;
  outcomes.failedEver += 1;
}

/** Forgets the seconds that have left the window. */
export function turnTo(outcomes: RecentOutcomes, now: number): void {
  const second = Math.floor(now / 1000);
  if (second <= outcomes.second) return;
  const passed = Math.min(windowSeconds, second - outcomes.second);
  for (let step = 1; step <= passed; step += 1) {
    const slot = (outcomes.second + step) % windowSeconds;
    outcomes.total[slot] = 0;
    outcomes.failed[slot] = 0;
  }
  outcomes.second = second;
}

/** Of the second that runs and those before it, `seconds` in all. `turnTo` must have been called. */
export function sumOfLast(ring: Uint32Array, { second }: RecentOutcomes, seconds: number): number {
  let sum = 0;
  for (let back = 0; back < seconds; back += 1)
    sum += ring[(second - back + windowSeconds) % windowSeconds] ?? 0;
  return sum;
}

export function windowSum(ring: Uint32Array): number {
  let sum = 0;
  for (const each of ring) sum += each;
  return sum;
}
