import { type RecentOutcomes, turnTo, windowSum } from "./recent-outcomes.ts";

/** What the other workers answered, and how much of it failed. */
export interface Others {
  readonly total: number;
  readonly failed: number;
}

export const noOthers: Others = { total: 0, failed: 0 };

/** In the last ten seconds. */
export function othersLately(own: RecentOutcomes, ofService: RecentOutcomes, now: number): Others {
  turnTo(ofService, now);
  return {
    total: windowSum(ofService.total) - windowSum(own.total),
    failed: Math.max(0, windowSum(ofService.failed) - windowSum(own.failed)),
  };
}

/** By itself it says nothing, for `own` may have begun later: a mark for `othersSince`. */
export function othersEver(own: RecentOutcomes, ofService: RecentOutcomes): Others {
  return {
    total: ofService.totalEver - own.totalEver,
    failed: ofService.failedEver - own.failedEver,
  };
}

/**
 * The share that failed since the mark. A dependency that breaks fails everywhere from one moment on: ten seconds of good
 * answers hide that, and the time in which the worker itself failed shows it.
 */
export function shareSince(mark: Others, own: RecentOutcomes, ofService: RecentOutcomes): number {
  const { total, failed } = othersEver(own, ofService);
  return total <= mark.total ? 0 : Math.max(0, failed - mark.failed) / (total - mark.total);
}
