/** Arrivals at a fixed rate, evenly spaced, whatever becomes of the requests before. Milliseconds. */
export interface Schedule {
  startAt: number;
  perSecond: number;
  /** Arrivals in all. */
  count: number;
}

export function dueAt(schedule: Schedule, index: number): number {
  return schedule.startAt + (index * 1000) / schedule.perSecond;
}

/** How many arrivals are due at `now`, from the first on. */
export function dueCount(schedule: Schedule, now: number): number {
  if (now < schedule.startAt) return 0;
  const due = Math.floor(((now - schedule.startAt) * schedule.perSecond) / 1000 + 1e-9) + 1;
  return Math.min(schedule.count, due);
}
