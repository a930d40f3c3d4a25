/**
 * How long requests have been on a worker, coarsely. A queue is worked off in about the order in which it formed. So who has been
 * there for many times as long as is late, while as many as are there came later and were answered in time, is in no queue: it
 * is a long poll or a slow report, or it hangs. Such are set aside: they count no more. Changed in place.
 *
 *   young ---4 late times---> middle ---4 late times---> old ---overtaken---> set aside
 */
export interface Ages {
  young: number;
  middle: number;
  old: number;
  /** Who was sent from then on is young. */
  youngSince: number;
  /** Or middle. */
  middleSince: number;
  /** Or old; who was sent before is set aside. */
  oldSince: number;
  /** Answers in time while old ones are there. */
  overtaking: number;
}

const lateTimes = 4;
/** However many are there, so many answers in time are no chance. */
const overtakingEnough = 16;

export function newAges(now: number): Ages {
  return {
    young: 0,
    middle: 0,
    old: 0,
    youngSince: now,
    middleSince: now,
    oldSince: now,
    overtaking: 0,
  };
}

/** A request goes to the worker. `lateMs`: after this time it is late; Infinity: nobody knows yet. */
export function enter(ages: Ages, lateMs: number, now: number): void {
  if (now - ages.youngSince >= lateTimes * lateMs) grow(ages, now);
  ages.young += 1;
}

/** It waits no more. False: it was set aside before. */
export function leave(ages: Ages, sentAt: number): boolean {
  if (sentAt >= ages.youngSince) ages.young -= 1;
  else if (sentAt >= ages.middleSince) ages.middle -= 1;
  else if (sentAt >= ages.oldSince) ages.old -= 1;
  else return false;
  return true;
}

/** One was answered in time, with so many on the worker. Gives how many are set aside by that. */
export function overtake(ages: Ages, pending: number): number {
  ages.overtaking += 1;
  if (ages.overtaking < Math.min(pending, overtakingEnough)) return 0;
  const { old } = ages;
  ages.old = 0;
  ages.oldSince = ages.middleSince;
  ages.overtaking = 0;
  return old;
}

/** All that were sent before now are set aside. */
export function setAllAside(ages: Ages, now: number): void {
  Object.assign(ages, newAges(now));
}

function grow(ages: Ages, now: number): void {
  // What overtook others that have left since says nothing of those that grow old now.
  if (ages.old === 0) ages.overtaking = 0;
  ages.old += ages.middle;
  ages.middle = ages.young;
  ages.young = 0;
  ages.middleSince = ages.youngSince;
  ages.youngSince = now;
}
