import type { Socket } from "node:net";
import { Newcomers } from "../core/admission/newcomers.ts";
import { holderOf } from "../runtime/holder-of.ts";
import { plainAddress } from "./caller.ts";

const connectionsMax = 50_000;
/** For the unix sockets of proxies and peers, checks of workers, the store, logs; where few may be open, a quarter of those. */
const filesReserved = 1_024;

/** How many connections are taken by a process that may have so many files open. */
export function connectionsMaxWithin(filesMax: number): number {
  return Math.min(connectionsMax, filesMax - Math.min(filesReserved, Math.ceil(filesMax / 4)));
}

/**
 * All that came to a controller over TCP. Whoever opens connections without end must not take the last file: the proxies
 * could not read their table any more, and no worker could be checked. Nor all places: as long as nothing that it asked for
 * was let in, a connection gives way to one of who has fewer such.
 */
export class TcpConnections {
  readonly #max: number;
  readonly #newcomers = new Newcomers<Socket>();
  /** The newcomers, by what TLS on top of them knows as well. */
  readonly #byEnds = new Map<string, Socket>();
  #open = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(socket: Socket): void {
    const holder = holderOf(plainAddress(socket.remoteAddress ?? ""));
    if (this.#open >= this.#max && !this.#makeRoom(holder)) {
      socket.destroy();
      return;
    }
    const ends = endsOf(socket);
    this.#open += 1;
    this.#newcomers.add(holder, socket);
    this.#byEnds.set(ends, socket);
    socket.once("close", () => {
      this.#open -= 1;
      this.#newcomers.delete(socket);
      if (this.#byEnds.get(ends) === socket) this.#byEnds.delete(ends);
    });
  }

  /** A request that came over it was let in: it gives way to nobody any more. `socket`: it, or the TLS on top of it. */
  letIn(socket: Socket): void {
    const ends = endsOf(socket);
    const below = this.#byEnds.get(ends);
    if (below === undefined) return;
    this.#byEnds.delete(ends);
    this.#newcomers.delete(below);
  }

  #makeRoom(holder: string): boolean {
    const oldest = this.#newcomers.inPlaceOf(holder);
    if (oldest === undefined) return false;
    this.#newcomers.delete(oldest);
    oldest.destroy();
    return true;
  }
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
