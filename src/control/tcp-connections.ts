import type { Socket } from "node:net";

const connectionsMax = 50_000;
/** For the unix sockets of proxies and peers, checks of workers, the store, logs; where few may be open, a quarter of those. */
const filesReserved = 1_024;

/** How many connections are taken by a process that may have so many files open. */
export function connectionsMaxWithin(filesMax: number): number {
  return Math.min(connectionsMax, filesMax - Math.min(filesReserved, Math.ceil(filesMax / 4)));
}

/**
 * All that came to a controller over TCP. Whoever opens connections without end must not take the last file: the proxies
 * could not read their table any more, and no worker could be checked.
 */
export class TcpConnections {
  readonly #max: number;
  #open = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(socket: Socket): void {
    if (this.#open >= this.#max) {
      socket.destroy();
      return;
    }
    this.#open += 1;
    socket.once("close", () => (this.#open -= 1));
  }
}
