/**
 * Peak EWMA, Finagle's measure of latency: rises at once to what was seen, and falls slowly. So a worker that
 * becomes slow is avoided after one answer, and is trusted again within some `decayMs`. Changed in place: one of
 * these belongs to each worker and is updated by every answer.
 */
export interface PeakEwma {
  costMs: number;
  updatedAt: number;
}

/** Lower: forgets a slow answer sooner, and is more nervous. Finagle's default. */
const decayMs = 10_000;

export function newPeakEwma(now: number): PeakEwma {
  return { costMs: 0, updatedAt: now };
}

/** Takes in the time to the first byte of one answer. */
export function observeLatency(ewma: PeakEwma, latencyMs: number, now: number): void {
  const elapsed = Math.max(0, now - ewma.updatedAt);
  if (latencyMs >= ewma.costMs) {
    ewma.costMs = latencyMs;
  } else {
    const keep = Math.exp(-elapsed / decayMs);
    ewma.costMs = ewma.costMs * keep + latencyMs * (1 - keep);
  }
  ewma.updatedAt = now;
}

/** What is left of the measure now: silence makes a worker cheaper, so that it is tried again. */
export function latencyNow(ewma: PeakEwma, now: number): number {
  const elapsed = now - ewma.updatedAt;
  return elapsed <= 0 ? ewma.costMs : ewma.costMs * Math.exp(-elapsed / decayMs);
}
