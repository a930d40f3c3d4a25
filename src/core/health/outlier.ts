import { othersLately } from "./others.ts";
import { type RecentOutcomes, windowSum } from "./recent-outcomes.ts";

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
  const others = othersLately(own, ofService, now);
  if (total < requestsMin || others.total < outlierNumbers.othersMin) return false;
  const share = failed / total;
  const othersShare = others.failed / others.total;
  if (share < outlierNumbers.shareMin || share < 2 * othersShare) return false;
  const usual = usualShare(othersShare, others.total);
  return failed - total * usual > deviations * Math.sqrt(total * usual * (1 - usual));
}

/**
 * How much speaks for a change for the worse since it was well, after one more failure: ten seconds of good answers
 * must not cover for it until they are forgotten. The sum of what each answer makes more likely, that one in five fails
 * or that it is as usual, and never below 0 (CUSUM, Page 1954): with the usual one in fifty, some ten failures of fifty
 * answers prove it, however many were sound before. Where much fails everywhere this rule is silent. `sinceSuspected`: the
 * share that failed at the others since the sum was 0 last: what changed for them at the same time is not its own change.
 */
export function suspicionAfterFailure(
  suspicion: number,
  own: RecentOutcomes,
  ofService: RecentOutcomes,
  sinceSuspected: number,
  now: number,
): number {
  const { total, failed } = othersLately(own, ofService, now);
  if (total < outlierNumbers.othersMin) return suspicion;
  const usual = Math.max(usualShare(failed / total, total), sinceSuspected);
  if (usual > suspicionNumbers.usualShareMax) return 0;
  return suspicion + Math.log(Math.max(suspicionNumbers.badShare, 2.5 * usual) / usual);
}

export function suspicionAfterSuccess(suspicion: number): number {
  return Math.max(0, suspicion - suspicionNumbers.soundWeight);
}

/** Few answers say little of what is usual: two failures more than were seen are no surprise. */
export function usualShare(othersShare: number, others: number): number {
  return Math.max(othersShare + 2 / others, outlierNumbers.usualShareMin);
}

export const suspicionNumbers = {
  badShare: 0.2,
  usualShareMax: 0.1,
  /** What a sound answer takes off: log(0.98 / 0.8). */
  soundWeight: 0.2,
  /** A worker that fails as usual comes so far once in e^14 answers, or more than a million. */
  proof: 14,
} as const;

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
