import { noOthers, type Others, othersEver, othersLately } from "./others.ts";
import { suspicionNumbers, usualShare } from "./outlier.ts";
import { type RecentOutcomes, sumOfLast, turnTo } from "./recent-outcomes.ts";

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

export function newErrorSuspicion(): ErrorSuspicion {
  return { errors: 0, soundBefore: 0, othersBefore: noOthers, othersThen: noOthers };
}

/**
 * Are the errors of a worker, with this one that is counted already, far more frequent than those of the others? It is the
 * sum of what each answer makes more likely, that one in five fails or that it is as usual, as in `suspicionAfterFailure`. But whoever
 * knows a request that fails everywhere may send a thousand, from one moment on, and they may all meet one worker. So
 * - usual is also what the others answered in the very same time: where they fail alike, or hardly answered, nothing is proved;
 * - errors between which the others answered nothing count as one;
 * - what had no other worker to go to is left out: a worker may get requests that no other gets.
 */
export function errsFarMore(
  suspicion: ErrorSuspicion,
  own: RecentOutcomes,
  ofService: RecentOutcomes,
  now: number,
): boolean {
  const others = othersEver(own, ofService);
  if (suspicion.errors > 0 && others.unsteered === suspicion.othersThen.unsteered) return false;
  const sound = own.unsteeredEver - own.errorsEver;
  const usual = Math.max(usualSince(suspicion.othersBefore, others), usualLately(own, ofService, now));
  const before = sumOf(suspicion.errors, sound - suspicion.soundBefore, usual);
  if (before <= 0 || usual > suspicionNumbers.usualShareMax) {
    suspicion.errors = 0;
    suspicion.soundBefore = sound;
    suspicion.othersBefore = others;
  }
  suspicion.errors += 1;
  suspicion.othersThen = others;
  const isKnown = others.unsteered - suspicion.othersBefore.unsteered >= errorNumbers.othersMin;
  return isKnown && sumOf(suspicion.errors, sound - suspicion.soundBefore, usual) >= suspicionNumbers.proof;
}

function sumOf(errors: number, sound: number, usual: number): number {
  const { badShare, soundWeight } = suspicionNumbers;
  return errors * Math.log(Math.max(badShare, 2.5 * usual) / usual) - sound * soundWeight;
}

/** Of few answers as much as may be without an end of the suspicion. */
function usualSince(before: Others, now: Others): number {
  const total = now.unsteered - before.unsteered;
  if (total < errorNumbers.othersMin) return suspicionNumbers.usualShareMax;
  return usualShare((now.errors - before.errors) / total, total);
}

function usualLately(own: RecentOutcomes, ofService: RecentOutcomes, now: number): number {
  const { unsteered, errors } = othersLately(own, ofService, now);
  return unsteered < errorNumbers.othersMin ? 0 : errors / unsteered;
}

/**
 * Of what was answered while a worker was out, which it is for five seconds at least: is an error nothing special? Its own, of the
 * trial that ends with it, is counted already.
 */
export function errorsAreUsual(ofService: RecentOutcomes, now: number): boolean {
  turnTo(ofService, now);
  const others = sumOfLast(ofService.errors, ofService, outSeconds) - 1;
  return others > suspicionNumbers.usualShareMax * sumOfLast(ofService.unsteered, ofService, outSeconds);
}

const outSeconds = 5;
