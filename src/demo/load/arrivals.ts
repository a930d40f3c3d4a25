/** The schedule of an open-loop load: arrivals come at a fixed rate, whatever becomes of the requests before. */
export interface ArrivalSchedule {
  startAt: number;
  perSecond: number;
  /** Share of POST, 0 to 1. */
  postShare: number;
  /** Share of requests that open a connection of their own, 0 to 1: only these meet a refusing door at all times. */
  freshShare: number;
}

export interface Arrival {
  index: number;
  at: number;
  method: "GET" | "POST";
  fresh: boolean;
}

/** Arrivals are evenly spaced, and so are the POSTs and the fresh connections among them. */
export function arrivalAt(schedule: ArrivalSchedule, index: number): Arrival {
  return {
    index,
    at: schedule.startAt + (index * 1000) / schedule.perSecond,
    method: crosses(index, schedule.postShare) ? "POST" : "GET",
    // Shifted, so that the fresh ones are not always the POSTs.
    fresh: crosses(index + 3, schedule.freshShare),
  };
}

/** How many arrivals are due at `now`, from the first on. */
export function arrivalsDue(schedule: ArrivalSchedule, now: number): number {
  if (now < schedule.startAt) return 0;
  return Math.floor(((now - schedule.startAt) * schedule.perSecond) / 1000) + 1;
}

function crosses(index: number, share: number): boolean {
  return Math.floor((index + 1) * share) > Math.floor(index * share);
}
