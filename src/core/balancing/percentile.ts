/**
 * The 99th percentile of recent times, cheaply: a histogram with buckets that grow by a quarter, whose counts are
 * halved every `halfLifeMs`. An observation costs one logarithm and one addition; the percentile is computed anew
 * only after some observations. The answer is the upper edge of the bucket: at most a quarter too high.
 */
export interface P99Estimator {
  readonly counts: Float64Array;
  total: number;
  halvedAt: number;
  /** Valid until `stale` observations have come. */
  cachedMs: number;
  stale: number;
}

const lowestMs = 0.1;
const growth = 1.25;
const logGrowth = Math.log(growth);
/** 0.1 ms * 1.25^68 is above six minutes. */
const buckets = 69;
const halfLifeMs = 10_000;
const recomputeEvery = 32;
/** Below this many observations there is no percentile to speak of. */
const samplesMin = 20;

export function newP99Estimator(now: number): P99Estimator {
  return { counts: new Float64Array(buckets), total: 0, halvedAt: now, cachedMs: 0, stale: 0 };
}

export function observeForP99(estimator: P99Estimator, latencyMs: number, now: number): void {
  if (now - estimator.halvedAt >= halfLifeMs) halve(estimator, now);
  const bucket =
    latencyMs <= lowestMs ? 0 : Math.min(buckets - 1, Math.ceil(Math.log(latencyMs / lowestMs) / logGrowth));
  estimator.counts[bucket] = (estimator.counts[bucket] ?? 0) + 1;
  estimator.total += 1;
  estimator.stale -= 1;
}

/** Undefined while too little has been seen. */
export function p99Ms(estimator: P99Estimator): number | undefined {
  if (estimator.total < samplesMin) return undefined;
  if (estimator.stale <= 0) {
    estimator.cachedMs = computeMs(estimator, 0.01);
    estimator.stale = recomputeEvery;
  }
  return estimator.cachedMs;
}

/** Computed anew each time: for what is not asked often. */
export function p95Ms(estimator: P99Estimator): number | undefined {
  return estimator.total < samplesMin ? undefined : computeMs(estimator, 0.05);
}

function computeMs(estimator: P99Estimator, shareAbove: number): number {
  let above = estimator.total * shareAbove;
  for (let bucket = buckets - 1; bucket > 0; bucket -= 1) {
    above -= estimator.counts[bucket] ?? 0;
    if (above < 0) return lowestMs * growth ** bucket;
  }
  return lowestMs;
}

function halve(estimator: P99Estimator, now: number): void {
  const factor = 0.5 ** Math.floor((now - estimator.halvedAt) / halfLifeMs);
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    estimator.counts[bucket] = (estimator.counts[bucket] ?? 0) * factor;
  }
  estimator.total *= factor;
  estimator.halvedAt = now;
  estimator.stale = 0;
}
