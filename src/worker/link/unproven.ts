import type { Socket } from "node:net";

/**
 * Connections that have not shown yet that they know the key: at most so many at a time. Where there is no room, whoever has
 * fewer of them than another gets the place of that one's oldest: who opens connections and says nothing keeps out nobody
 * but itself.
 */
export class Unproven {
  readonly #max: number;
  /** The oldest first. */
  readonly #sockets: Socket[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** False: there is no room for this one. */
  admit(socket: Socket): boolean {
    if (this.#sockets.length >= this.#max) {
      const oldest = this.#oldestOfTheMany(socket.remoteAddress);
      if (oldest === undefined) return false;
      this.delete(oldest);
      oldest.destroy();
    }
    this.#sockets.push(socket);
    return true;
  }

  /** It is proven, or gone; as often as you like. */
  delete(socket: Socket): void {
    const at = this.#sockets.indexOf(socket);
    if (at !== -1) this.#sockets.splice(at, 1);
  }

  /** Of the address that has the most, where that is more than the newcomer would have. */
  #oldestOfTheMany(newcomer: string | undefined): Socket | undefined {
    const counts = new Map<string | undefined, number>();
    for (const { remoteAddress } of this.#sockets)
      counts.set(remoteAddress, (counts.get(remoteAddress) ?? 0) + 1);
    let most = (counts.get(newcomer) ?? 0) + 1;
    let oldest: Socket | undefined;
    for (const socket of this.#sockets) {
      const count = counts.get(socket.remoteAddress) ?? 0;
      if (count <= most) continue;
      most = count;
      oldest = socket;
    }
    return oldest;
  }
}
