/**
 * Several attempts at one connection, for a SYN that was lost is sent again only after a second: after 300 ms another one
 * tries beside the first, and the first that is there is used. `docs/faults.md` tells what for.
 */
export interface Attempt {
  /** The worker's kernel has not accepted it yet. */
  readonly connecting: boolean;
}

export const redialMs = 300;
/** As Linux does (RFC 6298). */
const synAgainMs = 1_000;
const rivalsMax = 2;
const rivalsOfLossyMax = 5;

/**
 * Whether one more may try beside those that do, the oldest first. Where the worker has accepted the last already, a handshake
 * that takes its time is not to be doubled: its event loop may be busy. Unless packets are lost on the way (`lossy`): then it
 * is those of the handshake that are missing.
 */
export function mayTryBeside(attempts: readonly Attempt[], lossy: boolean): boolean {
  const rivals = attempts.length - 1;
  return lossy ? rivals < rivalsOfLossyMax : rivals < rivalsMax && attempts.at(-1)?.connecting === true;
}

/**
 * Whether packets were lost: the network took one that was sent later, and not yet one before it; or the first, but when its
 * SYN was sent again. `attempts`: the winner among its rivals, the oldest first. `sealed`: there was a handshake behind it,
 * which may have taken that time.
 */
export function wasLost(
  winner: Attempt,
  attempts: readonly Attempt[],
  tookMs: number,
  sealed: boolean,
): boolean {
  const at = attempts.indexOf(winner);
  if (at === 0) return !sealed && tookMs >= synAgainMs;
  return attempts.slice(0, at).some(({ connecting }) => connecting);
}
