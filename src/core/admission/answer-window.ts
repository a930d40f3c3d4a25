/** Some answers of one worker that came one after the other, and requests given up. Changed in place. */
export interface AnswerWindow {
  readonly startedAt: number;
  count: number;
  /** Of these, the ones that were answered. */
  answered: number;
  tookMsSum: number;
  /** Of the last ones. */
  readonly tookMs: Float64Array;
  aheadSum: number;
  insideMsSum: number;
}

export interface Summary {
  /**
   * The mean of the middle half: an outlier does not move it, and where half of the requests wait, half of their wait
   * is in it.
   */
  typicalMs: number;
  /** Of all: what Little's law asks for. */
  meanMs: number;
  /** Answers per millisecond. */
  perMs: number;
  /** Requests on the worker, as each found it when it was sent: on average. */
  ahead: number;
  /** How long they were with the worker, as it told: on average. Infinity: it did not say of all of them. */
  insideMs: number;
  lastedMs: number;
  /** Some were given up: what is known of their time is that it was longer. */
  isCut: boolean;
}

const keptMax = 32;
/** Shorter, and one turn of an event loop would be a window. */
const windowMsMin = 25;

/** `before` is not used any more: the new one takes its memory. */
export function newAnswerWindow(now: number, before?: AnswerWindow): AnswerWindow {
  const tookMs = before?.tookMs ?? new Float64Array(keptMax);
  return { startedAt: now, count: 0, answered: 0, tookMsSum: 0, tookMs, aheadSum: 0, insideMsSum: 0 };
}

export function observe(window: AnswerWindow, tookMs: number, ahead: number, insideMs: number): void {
  window.answered += 1;
  observeGivenUp(window, tookMs, ahead, insideMs);
}

/** After `waitedMs`; it would have taken longer. */
export function observeGivenUp(
  window: AnswerWindow,
  waitedMs: number,
  ahead: number,
  insideMs: number,
): void {
  window.tookMs[window.count % keptMax] = waitedMs;
  window.tookMsSum += waitedMs;
  window.aheadSum += ahead;
  window.insideMsSum += insideMs;
  window.count += 1;
}

/** They are answered some time, or never: what the law asks for is how long they counted. */
export function observeSetAside(window: AnswerWindow, requests: number, countedMs: number): void {
  window.tookMsSum += requests * countedMs;
}

/** Undefined: there are not enough answers in it yet, or it is too short. Else no more is to be observed in it. */
export function summaryOf(window: AnswerWindow, samplesMin: number, now: number): Summary | undefined {
  const lastedMs = now - window.startedAt;
  if (window.count < samplesMin || lastedMs < windowMsMin) return undefined;
  return {
    typicalMs: middleMean(sorted(window.tookMs.subarray(0, window.count))),
    meanMs: window.tookMsSum / window.count,
    perMs: window.answered / lastedMs,
    ahead: window.aheadSum / window.count,
    insideMs: window.insideMsSum / window.count,
    lastedMs,
    isCut: window.answered < window.count,
  };
}

/** In place, by insertion: of so few that is sooner done than the copy and the call of the library's own. */
function sorted(values: Float64Array): Float64Array {
  for (let at = 1; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    let to = at;
    for (; to > 0 && (values[to - 1] ?? 0) > value; to -= 1) values[to] = values[to - 1] ?? 0;
    values[to] = value;
  }
  return values;
}

function middleMean(sorted: Float64Array): number {
  const from = sorted.length >> 2;
  const to = sorted.length - from;
  let sum = 0;
  for (let at = from; at < to; at += 1) sum += sorted[at] ?? 0;
  return sum / (to - from);
}
