/**
 * The stall rule: requests wait for the first byte of their answer, no byte at all has come from the worker for longer than its
 * usual times explain, and it did not answer when it was asked meanwhile. Where two or more wait it is asked soon, by the silence since the
 * second of them was sent: one slow request (a long poll) is no reason to ask all the time. Changed in place: it is touched by every request.
 */
export interface StallWatch {
  /** Requests sent in full whose answer has not begun. */
  outstanding: number;
  /** Since when the silence counts. */
  since: number;
}

const stallMsMin = 250;
const stallFactor = 4;
/** Before there is a percentile: nobody knows yet how slow this service is. */
const stallMsUnknown = 1_000;
const outstandingMin = 2;
/** However slow the service is: where packets are lost its usual times grow by that, and must not delay the doubt. */
const pingAfterMsMax = 75;
const questionWithinMsMax = 1_000;

export function newStallWatch(now: number): StallWatch {
  return { outstanding: 0, since: now };
}

/** A request was sent. */
export function watchSent(watch: StallWatch, now: number): void {
  watch.outstanding += 1;
  if (watch.outstanding === outstandingMin) watch.since = now;
}

/** Any byte came from the worker. */
export function watchByte(watch: StallWatch, now: number): void {
  watch.since = now;
}

/** The answer to a request began, or the request was given up. */
export function watchEnded(watch: StallWatch): void {
  watch.outstanding = Math.max(0, watch.outstanding - 1);
}

/** Silence allowed: max(250 ms, 4 x p99); one second while there is no p99. */
export function stallAfterMs(p99Ms: number | undefined): number {
  return p99Ms === undefined ? stallMsUnknown : Math.max(stallMsMin, stallFactor * p99Ms);
}

/** What becomes of a silence in which nothing that is asked answers. */
export function isStalled(watch: StallWatch, p99Ms: number | undefined, now: number): boolean {
  return watch.outstanding >= outstandingMin && now - watch.since >= stallAfterMs(p99Ms);
}

/**
 * Silence alone is no verdict: somebody is asked. First the worker's link, which costs nearly nothing; when it has been
 * longer than most answers take (a quarter of a stall is the p99) the worker itself, over new connections.
 */
export function pingDueAt(watch: StallWatch, p99Ms: number | undefined): number {
  const afterMs = Math.min(pingAfterMsMax, stallAfterMs(p99Ms) / 8);
  return watch.outstanding >= outstandingMin ? watch.since + afterMs : Infinity;
}

export function questionDueAt(watch: StallWatch, p99Ms: number | undefined): number {
  return watch.outstanding >= outstandingMin ? watch.since + stallAfterMs(p99Ms) / 4 : Infinity;
}

/** How long the question may remain without an answer: then the silence is as long as a stall, or long enough. */
export function questionWithinMs(p99Ms: number | undefined): number {
  return Math.min(questionWithinMsMax, (stallAfterMs(p99Ms) * 3) / 4);
}

/** A canary without a byte: one request is enough, for it was sent to find out. */
export function canaryDueAt(sentAt: number, p99Ms: number | undefined): number {
  return sentAt + stallAfterMs(p99Ms);
}
