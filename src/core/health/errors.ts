import { noOthers, type Others, othersEver, othersLately } from "./others.ts";
import { suspicionNumbers, usualShare } from "./outlier.ts";
import { newRecentOutcomes, type RecentOutcomes, sumOfLast, turnTo } from "./recent-outcomes.ts";

/**
 * What was answered to the requests of one subset, or of the whole service where it is unset: what one of those who might have got them
 * is compared with. An error, any answer of 500 and above, is one that failed.
 */
export interface Comparison {
  readonly subset: string | undefined;
  readonly answers: RecentOutcomes;
}

/** What one worker answered to the same requests. */
export interface OwnPart {
  readonly answers: RecentOutcomes;
  readonly suspicion: ErrorSuspicion;
}

/** Since when the errors of one worker are suspicious. Changed in place, and by errors only. */
export interface ErrorSuspicion {
  /** Errors that count. */
  errors: number;
  /** Of its own answers, how many were sound when it began. */
  soundBefore: number;
  /** How the others were when it began, and at the last error that counts. */
  othersBefore: Others;
  othersThen: Others;
}

export const errorNumbers = {
  /** Less of the others' answers since the suspicion began say nothing. */
  othersMin: 20,
} as const;

/** It turns to the present with the first answer, as the own part does. */
export function newComparison(subset: string | undefined): Comparison {
  return { subset, answers: newRecentOutcomes(0) };
}

export function newOwnPart(): OwnPart {
  return {
    answers: newRecentOutcomes(0),
    suspicion: { errors: 0, soundBefore: 0, othersBefore: noOthers, othersThen: noOthers },
  };
}

/**
 * Are the errors of a worker, with this one that is counted already, far more frequent than those of the others? It is the
 * sum of what each answer makes more likely, that one in five fails or that it is as usual, as in `suspicionAfterFailure`. But whoever
 * knows a request that fails everywhere may send a thousand, from one moment on, and they may all meet one worker. So
 * - usual is also what the others answered in the very same time: where they fail alike, or hardly answered, nothing is proved;
 * - errors between which the others answered nothing count as one;
 * - it is asked of requests that those others might have got as well: a worker may get some that no other gets.
 */
export function errsFarMore(
  { answers: own, suspicion }: OwnPart,
  ofAll: RecentOutcomes,
  now: number,
): boolean {
  const others = othersEver(own, ofAll);
  if (suspicion.errors > 0 && others.total === suspicion.othersThen.total) return false;
  const sound = own.totalEver - own.failedEver;
  const usual = Math.max(usualSince(suspicion.othersBefore, others), usualLately(own, ofAll, now));
  const before = sumOf(suspicion.errors, sound - suspicion.soundBefore, usual);
  // Of an answer that began before all that is known, `before` says nothing.
  if (suspicion.errors === 0 || before <= 0 || usual > suspicionNumbers.usualShareMax) {
    suspicion.errors = 0;
    suspicion.soundBefore = sound;
    suspicion.othersBefore = others;
  }
  suspicion.errors += 1;
  suspicion.othersThen = others;
  const isKnown = others.total - suspicion.othersBefore.total >= errorNumbers.othersMin;
  return isKnown && sumOf(suspicion.errors, sound - suspicion.soundBefore, usual) >= suspicionNumbers.proof;
}

function sumOf(errors: number, sound: number, usual: number): number {
  const { badShare, soundWeight } = suspicionNumbers;
  return errors * Math.log(Math.max(badShare, 2.5 * usual) / usual) - sound * soundWeight;
}

/** Of few answers as much as may be without an end of the suspicion. */
function usualSince(before: Others, now: Others): number {
  const total = now.total - before.total;
  if (total < errorNumbers.othersMin) return suspicionNumbers.usualShareMax;
  return usualShare((now.failed - before.failed) / total, total);
}

function usualLately(own: RecentOutcomes, ofAll: RecentOutcomes, now: number): number {
  const { total, failed } = othersLately(own, ofAll, now);
  return total < errorNumbers.othersMin ? 0 : failed / total;
}

/**
 * Of what was answered while a worker was out, which it is for five seconds at least: is an error nothing special? Its own, of the
 * trial that ends with it, is counted already.
 */
export function errorsAreUsual(ofAll: RecentOutcomes, now: number): boolean {
  turnTo(ofAll, now);
  const others = sumOfLast(ofAll.failed, ofAll, outSeconds) - 1;
  return others > suspicionNumbers.usualShareMax * sumOfLast(ofAll.total, ofAll, outSeconds);
}

const outSeconds = 5;
