/**
 * What the limits of one service, in one proxy, tell each other: when one of its workers has a limit, all that this one does
 * not take comes down on those that have none yet. Changed in place.
 */
export interface LimitSiblings {
  /** When one of them was late last, or had a limit. */
  alarmedAt: number;
  /** Until then one of them breathes: together they would cost a second's goodput. */
  breathesUntil: number;
}

/** What a worker without a limit has shown that it takes. Changed in place. */
export interface Trust {
  /** With so many on the worker, an answer came as usual. */
  proven: number;
  /** More do not go to it now. */
  max: number;
}

const alarmMs = 1_000;
const trustFactor = 2;
const provenMin = 8;

export function newSiblings(): LimitSiblings {
  return { alarmedAt: -Infinity, breathesUntil: -Infinity };
}

export function newTrust(): Trust {
  return { proven: 0, max: Infinity };
}

/** So many are twice what has ever been answered as usual: where one of these is slow, there may be a queue. */
export function isBeyondTrust({ proven }: Trust, pending: number): boolean {
  return pending > trustedOf(proven);
}

/**
 * While the service is alarmed, a worker without a limit gets twice as many as it was seen to answer as usual (as TCP's window
 * does not grow beyond twice what was used: RFC 7661). One that takes more proves it with each answer.
 */
export function considerTrust(trust: Trust, { alarmedAt }: LimitSiblings, now: number): void {
  trust.max = now - alarmedAt < alarmMs ? trustedOf(trust.proven) : Infinity;
}

function trustedOf(proven: number): number {
  return trustFactor * Math.max(provenMin, proven);
}
