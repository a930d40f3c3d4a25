/**
 * Does a worker answer far more slowly than is usual in its service? As with failures, only the comparison tells: where
 * all are slow the cause lies elsewhere, and nobody is out.
 *
 * A worker's usual time is the geometric mean of its answers of the last seconds, so that some long requests make no slow
 * worker; it is held against the median of the workers. Half the speed is no reason, nor a quarter: a worker is slow at five
 * times the median and 50 ms above it, in three looks one after the other. Ejected are few at a time, the slowest first,
 * and nobody where so many are slow that this is how the service is. The idea is Envoy's outlier detection, which knows
 * no latency; the comparison with a median is that of Cassandra's dynamic snitch.
 */

/** Answers of some seconds; older ones count for less with each look. Changed in place: every answer passes here. */
export interface Pace {
  answers: number;
  logSum: number;
  /** Looks in a row that found it slow. */
  slowLooks: number;
}

export const slowNumbers = {
  lookEveryMs: 1_000,
  /** Of what was before, this share is left at the next look. */
  keepShare: 0.8,
  factor: 5,
  aboveMs: 50,
  /** So many others must have a usual time. */
  othersMin: 2,
  first: { answersMin: 10, looks: 3 },
  /** Once it was out, less proof is enough. */
  onTrial: { answersMin: 4, looks: 1 },
  /** Of the workers, but always one. */
  outShareMax: 0.2,
  /** More of them slow at once: it is the service. */
  slowShareMax: 0.34,
} as const;

/** Shorter answers are alike. */
const leastMs = 0.1;

export function newPace(): Pace {
  return { answers: 0, logSum: 0, slowLooks: 0 };
}

export function notePace(pace: Pace, tookMs: number): void {
  pace.answers += 1;
  pace.logSum += Math.log(Math.max(leastMs, tookMs));
}

export function usualMs({ answers, logSum }: Pace): number {
  return Math.exp(logSum / answers);
}

/** What a look must know of a worker that may be chosen. */
export interface Paced {
  readonly pace: Pace;
  /** In slow start: its code is not compiled yet, its caches are empty. That is no fault, unless it is on trial. */
  readonly warming: boolean;
  /** It was out not long ago. */
  readonly onTrial: boolean;
}

/**
 * Who is to go out; every `lookEveryMs`. Of those that are out already: how many, and of all. The paces are taken on.
 */
export function slowAmong<Each extends Paced>(
  live: readonly Each[],
  counts: { readonly out: number; readonly all: number },
): Each[] {
  const known = live
    .filter(({ warming, onTrial }) => onTrial || !warming)
    .filter(({ pace, onTrial }) => pace.answers >= proofFor(onTrial).answersMin)
    .map((each) => ({ each, ms: usualMs(each.pace) }))
    .toSorted((one, other) => one.ms - other.ms);
  const medianMs = known[(known.length - 1) >> 1]?.ms ?? Infinity;
  const limitMs = Math.max(slowNumbers.factor * medianMs, medianMs + slowNumbers.aboveMs);
  const comparable = known.length > slowNumbers.othersMin;
  const slow = comparable ? known.filter(({ ms }) => ms > limitMs) : [];
  count(live, new Set<Paced>(slow.map(({ each }) => each)));
  if (slow.length + counts.out > Math.max(1, slowNumbers.slowShareMax * counts.all)) return [];
  const room = Math.max(1, Math.floor(slowNumbers.outShareMax * counts.all)) - counts.out;
  return slow
    .map(({ each }) => each)
    .filter(({ pace, onTrial }) => pace.slowLooks >= proofFor(onTrial).looks)
    .toReversed()
    .slice(0, Math.max(0, room));
}

function proofFor(onTrial: boolean): { answersMin: number; looks: number } {
  return onTrial ? slowNumbers.onTrial : slowNumbers.first;
}

function count(live: readonly Paced[], slow: ReadonlySet<Paced>): void {
  for (const each of live) {
    const { pace } = each;
    pace.slowLooks = slow.has(each) ? pace.slowLooks + 1 : 0;
    pace.answers *= slowNumbers.keepShare;
    pace.logSum *= slowNumbers.keepShare;
  }
}
