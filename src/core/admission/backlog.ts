/**
 * Whether what is on a worker at one moment is answered in time. A worker that takes all at once has answered about twice as many
 * by the time at which a request is late; one in which they queue has not even answered those that were there. So a queue shows
 * as soon as anybody is late, before those who wait in it are answered. Changed in place.
 */
export interface Backlog {
  isMarked: boolean;
  markedAt: number;
  /** On the worker then. */
  pending: number;
  /** Since then. */
  answers: number;
  answeredAt: number;
}

/** Fewer are chance. */
const answersMin = 4;
const answeredShare = 3 / 4;
/** Without an answer for so long, in times after which a request is late, it is no queue but a worker that stands still. */
const silenceShare = 1 / 2;

export function newBacklog(): Backlog {
  return { isMarked: false, markedAt: 0, pending: 0, answers: 0, answeredAt: 0 };
}

export function forgetBacklog(backlog: Backlog): void {
  backlog.isMarked = false;
}

/** Unless something is marked already. */
export function markBacklog(backlog: Backlog, pending: number, now: number): void {
  if (backlog.isMarked) return;
  backlog.isMarked = true;
  backlog.markedAt = now;
  backlog.pending = pending;
  backlog.answers = 0;
  backlog.answeredAt = now;
}

/**
 * An answer came. How long whoever came last will have been there, at the pace of the answers since the mark, where that is
 * too long; the mark is over then. `lateMs`: after this time a request is late.
 */
export function behindMs(backlog: Backlog, lateMs: number, now: number): number | undefined {
  if (!backlog.isMarked) return undefined;
  const wasSilent = now - backlog.answeredAt > silenceShare * lateMs;
  backlog.answeredAt = now;
  backlog.answers += 1;
  const { markedAt, pending, answers } = backlog;
  const sinceMs = now - markedAt;
  const isOver = sinceMs >= lateMs && answers >= answersMin;
  if (wasSilent || isOver) backlog.isMarked = false;
  if (wasSilent || !isOver || answers >= answeredShare * pending) return undefined;
  return (sinceMs * pending) / answers;
}
