/**
 * Full jitter: a uniformly random wait below a bound that doubles. Thousands of workers that lost a controller in
 * the same instant come back spread over the whole bound instead of in waves.
 *
 * The cap is below the default lease (3 s), so that with every controller back a worker has returned before its
 * lease is over.
 */
export const backoffMs = {
  first: 100,
  cap: 2000,
  gone: 10_000,
  lagging: 30_000,
  turnedAway: 300_000,
} as const;

/** `attempt` counts from 0; `chance` is in [0, 1). */
export function retryDelayMs(attempt: number, chance: number): number {
  return chance * Math.min(backoffMs.cap, backoffMs.first * 2 ** Math.min(attempt, 20));
}

/**
 * After a refusal at a controller's own address: its process is gone, and the next one has another. Seldom from the first
 * time on, for it may have been a mistake of the network all the same.
 */
export function goneDelayMs(chance: number): number {
  return chance * backoffMs.gone;
}

/** Of a controller that refuses for good what others let in: between half of it and all. */
export function turnedAwayDelayMs(chance: number): number {
  return (backoffMs.turnedAway * (1 + chance)) / 2;
}

/** Where the worker's name has led elsewhere for long: it may lead here at any time, and is seldom about to. */
export function laggingDelayMs(chance: number): number {
  return (backoffMs.lagging * (1 + chance)) / 2;
}

/**
 * How long an attempt may take until the connection is open. Short at first: a stopped controller still accepts
 * connections, and another may answer. Growing: many workers that give up early and begin anew would only add to the load.
 */
export function attemptTimeoutMs(attempt: number): number {
  return Math.min(10_000, 1000 * 2 ** Math.min(attempt, 10));
}

/**
 * And from then on until `welcome`; and for the opening, where others are tried meanwhile. In a crowd a controller reads other
 * workers' words first, and whoever begins anew has to wait behind all of them again.
 */
export function welcomeWithinMs(attempt: number): number {
  return Math.max(5_000, attemptTimeoutMs(attempt));
}
