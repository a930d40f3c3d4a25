import { type RecentOutcomes, turnTo, windowSum } from "./recent-outcomes.ts";

/**
 * Does a worker fail far more often than the others of its service? Only the comparison tells a broken worker from a
 * broken dependency or from requests that fail everywhere: where all fail alike, nobody is an outlier.
 *
 * More must have failed than five standard deviations (of the binomial distribution) above what the others' share lets
 * expect, and the share must be twice theirs. The idea is Envoy's `success_rate` ejection, which needs five workers with 100
 * requests each and ten seconds; this needs two workers, and some 25 requests where one in five fails.
 */
export function failsFarMore(
  own: RecentOutcomes,
  ofService: RecentOutcomes,
  onTrial: boolean,
  now: number,
): boolean {
  const failed = windowSum(own.failed);
  const { failedMin, requestsMin, deviations } = onTrial ? outlierNumbers.onTrial : outlierNumbers.first;
  if (failed < failedMin) return false;
  const total = windowSum(own.total);
  turnTo(ofService, now);
  const others = windowSum(ofService.total) - total;
  if (total < requestsMin || others < outlierNumbers.othersMin) return false;
  const share = failed / total;
  const othersShare = Math.max(0, windowSum(ofService.failed) - failed) / others;
  if (share < outlierNumbers.shareMin || share < 2 * othersShare) return false;
  // Few answers say little of what is usual: two failures more than were seen are no surprise.
  const usual = Math.max(othersShare + 2 / others, outlierNumbers.usualShareMin);
  return failed - total * usual > deviations * Math.sqrt(total * usual * (1 - usual));
}

export const outlierNumbers = {
  first: { failedMin: 5, requestsMin: 20, deviations: 5 },
  /** Once it was out, less proof is enough. */
  onTrial: { failedMin: 2, requestsMin: 4, deviations: 4 },
  /** Less of the others' answers say nothing of what is usual. */
  othersMin: 50,
  shareMin: 0.1,
  /** However well the others are: so much happens. */
  usualShareMin: 0.02,
} as const;
