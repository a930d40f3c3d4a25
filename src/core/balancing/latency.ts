/**
 * How long one worker took to begin its answers, in two measures that are changed in place by every answer.
 *
 * `peakMs` is the peak EWMA of Finagle and linkerd: it rises at once to what was seen, and falls slowly. So a worker
 * that becomes slow is avoided after one answer, and is trusted again within some `decayMs`. It remembers stalls.
 * `recentMs` is the usual time: an average in which each answer counts an eighth. It tells fast from half as fast.
 */
export interface Latency {
  peakMs: number;
  recentMs: number;
  /** Between the two, their geometric mean: one slow answer counts, but not for all. */
  expectedMs: number;
  updatedAt: number;
}

/** Lower: forgets a slow answer sooner, and is more nervous. Finagle's default. */
const decayMs = 10_000;
const answerShare = 1 / 8;
const forgottenMs = 10 * decayMs;
const stepMs = decayMs / 64;
/** The curve by straight lines, off by less than 0.00004: cheaper than Math.exp, which was most of what a choice cost. */
const leftAtStep = Float64Array.from({ length: forgottenMs / stepMs + 1 }, (_, step) =>
  Math.exp((-step * stepMs) / decayMs),
);

export function newLatency(now: number): Latency {
  return { peakMs: 0, recentMs: 0, expectedMs: 0, updatedAt: now };
}

/** Takes in the time to the first byte of one answer. */
export function observeLatency(latency: Latency, tookMs: number, now: number): void {
  const elapsed = Math.max(0, now - latency.updatedAt);
  if (tookMs >= latency.peakMs) {
    latency.peakMs = tookMs;
  } else {
    const keep = leftAfter(elapsed);
    latency.peakMs = latency.peakMs * keep + tookMs * (1 - keep);
  }
  latency.recentMs += (tookMs - latency.recentMs) * (latency.recentMs === 0 ? 1 : answerShare);
  latency.expectedMs = Math.sqrt(latency.peakMs * latency.recentMs);
  latency.updatedAt = now;
}

/** Not faster than this, whatever its answers were: what begins at once and is then broken off recommends nobody. */
export function expectAtLeast(latency: Latency, ms: number, now: number): void {
  latency.peakMs = Math.max(ms, peakNow(latency, now));
  latency.recentMs = Math.max(ms, recentNow(latency, now));
  latency.expectedMs = Math.sqrt(latency.peakMs * latency.recentMs);
  latency.updatedAt = now;
}

/** What is left of the peak now: silence makes a worker cheaper, so that it is tried again. */
export function peakNow({ peakMs, updatedAt }: Latency, now: number): number {
  return peakMs * leftAfter(now - updatedAt);
}

export function recentNow({ recentMs, updatedAt }: Latency, now: number): number {
  return recentMs * leftAfter(now - updatedAt);
}

export function expectedNow({ expectedMs, updatedAt }: Latency, now: number): number {
  return expectedMs * leftAfter(now - updatedAt);
}

/** The share of an old observation that still counts: e^(-elapsed / decayMs). Every choice asks for it several times. */
export function leftAfter(elapsedMs: number): number {
  if (elapsedMs <= 0) return 1;
  if (elapsedMs >= forgottenMs) return 0;
  const at = elapsedMs / stepMs;
  const step = Math.floor(at);
  const left = leftAtStep[step] ?? 0;
  return left + ((leftAtStep[step + 1] ?? 0) - left) * (at - step);
}
