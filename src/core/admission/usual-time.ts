/**
 * How long a worker takes for an answer while nothing queues in it, as windows of answers tell it one by one; and how
 * much these differ by chance (as TCP does for its timeout: Jacobson 1988). Changed in place.
 */
export interface UsualTime {
  /** Of a typical request. 0: not known yet. */
  ms: number;
  /** Of all requests, with those that take far longer. */
  meanMs: number;
  /** Between a window and the one before: a queue that grows slowly is no chance. */
  deviationMs: number;
  lastMs: number;
  /** Windows that it was learned from. */
  learned: number;
}

interface Times {
  typicalMs: number;
  meanMs: number;
  lastedMs: number;
}

/** A change is followed within this time: slower than a queue grows that is worth a limit. */
const learnMs = 5_000;
/** Nothing is known before. */
const firstWindows = 8;
const shareMax = 1 / 4;
/** The mean of a few requests says little. */
const meanShareMax = 1 / 16;
/** A queue is above so many times the usual time, and above so much more, and beyond what chance does. */
const queueFactor = 2;
const queueSlackMs = 5;
const queueDeviations = 3;
const usualFactor = 1.6;
const slowFactor = 1.25;
const usualSlackMs = 3;
const usualDeviations = 2;
/** So much less than usual is no chance: there was a queue in what was taken for usual. */
const lessFactor = 1.2;
const lessDeviations = 3;

export function newUsualTime(): UsualTime {
  return { ms: 0, meanMs: 0, deviationMs: 0, lastMs: 0, learned: 0 };
}

export function isQueue(usual: UsualTime, typicalMs: number): boolean {
  return typicalMs > lateMs(usual);
}

/** What takes longer is late. Infinity: nothing is known yet. */
export function lateMs({ ms, deviationMs, learned }: UsualTime): number {
  return learned < firstWindows ? Infinity : queueFactor * ms + queueSlackMs + queueDeviations * deviationMs;
}

/** With as many on the worker as it takes at once, and chance, it may be so much above the usual time. */
export function isUsual({ ms, deviationMs }: UsualTime, typicalMs: number): boolean {
  return typicalMs < usualFactor * ms + usualSlackMs + usualDeviations * deviationMs;
}

/** One answer that takes longer than most: a reason to be careful, where there are more requests than ever. */
export function isSlow({ ms, deviationMs }: UsualTime, tookMs: number): boolean {
  return tookMs > slowFactor * ms + usualSlackMs + usualDeviations * deviationMs;
}

export function isQueueLess({ ms, deviationMs }: UsualTime, typicalMs: number): boolean {
  return typicalMs * lessFactor < ms && typicalMs < ms - lessDeviations * deviationMs;
}

/** From a window in which nothing queues. Up and down at the same pace: else chance would be learned, too. */
export function learn(usual: UsualTime, { typicalMs, meanMs, lastedMs }: Times): void {
  learnChance(usual, typicalMs, lastedMs);
  if (usual.learned >= firstWindows && isQueueLess(usual, typicalMs))
    return correct(usual, { typicalMs, meanMs });
  usual.learned += 1;
  const share = shareOf(usual, lastedMs);
  usual.ms += (typicalMs - usual.ms) * share;
  usual.meanMs +=
    (meanMs - usual.meanMs) * (usual.learned <= firstWindows ? share : Math.min(share, meanShareMax));
}

/** From any window: one that queues differs by chance from the next one, too. */
export function learnChance(usual: UsualTime, typicalMs: number, lastedMs: number): void {
  const differsMs = usual.learned === 0 ? 0 : Math.abs(typicalMs - usual.lastMs);
  usual.lastMs = typicalMs;
  usual.deviationMs += (differsMs - usual.deviationMs) * shareOf(usual, lastedMs);
}

/** Of the first windows all count the same. */
function shareOf({ learned }: UsualTime, lastedMs: number): number {
  return learned <= firstWindows ? 1 / Math.max(1, learned) : Math.min(shareMax, lastedMs / learnMs);
}

/** From a window in which nothing can have queued: the truth, but of few requests. */
export function correct(usual: UsualTime, { typicalMs, meanMs }: Omit<Times, "lastedMs">): void {
  const offMs = typicalMs - usual.ms;
  const isChance =
    Math.abs(offMs) <= lessDeviations * usual.deviationMs || Math.abs(offMs) < usual.ms * (lessFactor - 1);
  usual.ms += offMs * (isChance ? shareMax : 1);
  usual.meanMs += (meanMs - usual.meanMs) * (isChance ? meanShareMax : 1);
}
