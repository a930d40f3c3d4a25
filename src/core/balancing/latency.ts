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
  updatedAt: number;
}

/** Lower: forgets a slow answer sooner, and is more nervous. Finagle's default. */
const decayMs = 10_000;
const answerShare = 1 / 8;
/** Up to here the line is off by less than two millionths. */
const straightMs = 20;

export function newLatency(now: number): Latency {
  return { peakMs: 0, recentMs: 0, updatedAt: now };
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
  latency.updatedAt = now;
}

/** What is left of the peak now: silence makes a worker cheaper, so that it is tried again. */
export function peakNow({ peakMs, updatedAt }: Latency, now: number): number {
  return peakMs * leftAfter(now - updatedAt);
}

export function recentNow({ recentMs, updatedAt }: Latency, now: number): number {
  return recentMs * leftAfter(now - updatedAt);
}

/** Between the two, their geometric mean: one slow answer counts, but not for all. */
export function expectedNow({ peakMs, recentMs, updatedAt }: Latency, now: number): number {
  return Math.sqrt(peakMs * recentMs) * leftAfter(now - updatedAt);
}

/** The share of an old observation that still counts. For a moment the exponential is a straight line: every choice asks. */
export function leftAfter(elapsedMs: number): number {
  if (elapsedMs < straightMs) return elapsedMs <= 0 ? 1 : 1 - elapsedMs / decayMs;
  return Math.exp(-elapsedMs / decayMs);
}
