export interface Point {
  atMs: number;
  value: number;
}

/** A straight line through points, as shares of their mean in ten minutes. */
export interface Trend {
  /** How much the values grow. */
  growth: number;
  /** Of `growth`, by how much the points scatter about the line: chance alone moves it by twice as much now and then. */
  standardError: number;
  mean: number;
}

const spanMs = 600_000;

/** By least squares. Undefined: fewer than three points, or all at one time. */
export function trendOf(points: readonly Point[]): Trend | undefined {
  const count = points.length;
  if (count < 3) return undefined;
  const meanAt = points.reduce((sum, point) => sum + point.atMs, 0) / count;
  const mean = points.reduce((sum, point) => sum + point.value, 0) / count;
  let spread = 0;
  let together = 0;
  for (const { atMs, value } of points) {
    spread += (atMs - meanAt) ** 2;
    together += (atMs - meanAt) * (value - mean);
  }
  if (spread === 0 || mean === 0) return undefined;
  const slope = together / spread;
  const residue = points.reduce((sum, { atMs, value }) => {
    const expected = mean + slope * (atMs - meanAt);
    return sum + (value - expected) ** 2;
  }, 0);
  const error = Math.sqrt(residue / (count - 2) / spread);
  return { growth: (slope * spanMs) / mean, standardError: (error * spanMs) / mean, mean };
}

/** At most this is flat: one percent in ten minutes. */
export const flatMax = 0.01;

/**
 * `unknown`: the points scatter so much that they neither show that it is flat nor that it grows. A line through points
 * without any trend is as steep as twice its standard error once in twenty times.
 */
export type Steepness = "flat" | "grows" | "unknown";

export function steepness({ growth, standardError }: Trend): Steepness {
  if (growth - 2 * standardError > flatMax) return "grows";
  if (growth + 2 * standardError <= flatMax) return "flat";
  if (standardError > flatMax) return "unknown";
  return growth > flatMax ? "grows" : "flat";
}
