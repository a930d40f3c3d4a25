/**
 * Whether what is on a worker at one moment is answered in time. A worker that takes all at once has answered about twice as many
 * by the time at which a request is late; one in which they queue has not even answered those that were there. So a queue shows
 * as soon as anybody is late, before those who wait in it are answered. Several moments are looked at, one shortly after the
 * other: a queue that has just begun does not show at the first. Changed in place.
 */
export interface Backlog {
  /** A ring, the oldest at `first`. */
  readonly marks: readonly Mark[];
  first: number;
  count: number;
  /** Since ever. */
  answers: number;
  answeredAt: number;
}

interface Mark {
  at: number;
  /** On the worker then. */
  pending: number;
  /** By then. */
  answers: number;
  /** Answers to requests that were sent after it. */
  later: number;
}

/** What a mark has shown. */
export interface Behind {
  /** How long whoever came last will have been there, at the pace of the answers since. */
  takesMs: number;
  pending: number;
  answers: number;
  lastedMs: number;
}

/** Of one late time. */
const marksMax = 4;
/** Fewer are chance. */
const answersMin = 4;
/** So many tell the pace well enough for others to be compared with; worth half a late time more. */
export const steadyAnswersMin = 10;
const patience = 1.5;
const answeredShare = 3 / 4;
/** Without an answer for so long, in times after which a request is late, it is no queue but a worker that stands still. */
const silenceShare = 1 / 2;
/** Of the answers: so many to requests that came later, and who was there before does not queue. A queue is not overtaken. */
const laterShare = 1 / 4;

export function newBacklog(): Backlog {
  const marks = Array.from({ length: marksMax }, () => ({ at: 0, pending: 0, answers: 0, later: 0 }));
  return { marks, first: 0, count: 0, answers: 0, answeredAt: 0 };
}

export function forgetBacklog(backlog: Backlog): void {
  backlog.count = 0;
}

/** So many are on the worker now. `lateMs`: after this time a request is late; Infinity: nobody knows yet. */
export function markBacklog(backlog: Backlog, pending: number, lateMs: number, now: number): void {
  const { count } = backlog;
  if (count === marksMax || (count > 0 && now - markAt(backlog, count - 1).at < lateMs / marksMax)) return;
  if (count === 0) backlog.answeredAt = now;
  backlog.count += 1;
  const mark = markAt(backlog, count);
  mark.at = now;
  mark.pending = pending;
  mark.answers = backlog.answers;
  mark.later = 0;
}

/** The request of `sentAt` is answered. Undefined: nothing is late, or not yet, or what is late does not queue. */
export function behind(backlog: Backlog, sentAt: number, lateMs: number, now: number): Behind | undefined {
  backlog.answers += 1;
  if (backlog.count === 0) return undefined;
  for (let at = 0; at < backlog.count; at += 1) {
    const mark = markAt(backlog, at);
    if (sentAt > mark.at) mark.later += 1;
  }
  const wasSilent = now - backlog.answeredAt > silenceShare * lateMs;
  backlog.answeredAt = now;
  if (wasSilent) forgetBacklog(backlog);
  while (backlog.count > 0) {
    const { at, pending, answers: before, later } = markAt(backlog, 0);
    const answers = backlog.answers - before;
    const lastedMs = now - at;
    const isAnswered = answers >= answeredShare * pending;
    const isKnown = answers >= steadyAnswersMin || lastedMs >= patience * lateMs;
    if (lastedMs < lateMs || !(isAnswered || (isKnown && answers >= answersMin))) return undefined;
    if (!isAnswered && later < laterShare * answers)
      return { takesMs: (lastedMs * pending) / answers, pending, answers, lastedMs };
    backlog.first = (backlog.first + 1) % marksMax;
    backlog.count -= 1;
  }
  return undefined;
}

function markAt({ marks, first }: Backlog, at: number): Mark {
  return marks[(first + at) % marksMax] as Mark;
}
