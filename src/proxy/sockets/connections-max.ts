/** For listeners, links, the controller, logs, and clients that are turned away. */
const filesReserved = 64;

/**
 * How many clients a process takes that may have `filesMax` files open. Each may need one more, to a worker: whoever took
 * clients up to the last file could ask no worker for them, and would fail them all.
 */
export function connectionsMaxWithin(filesMax: number, wanted: number): number {
  return Math.min(wanted, Math.max(1, Math.floor((filesMax - filesReserved) / 2)));
}
