import type { Socket } from "node:net";
import { Newcomers } from "../../core/admission/newcomers.ts";

/** Connections that have not shown yet that they know the key: at most so many at a time. */
export class Unproven {
  readonly #max: number;
  readonly #sockets = new Newcomers<Socket>();

  constructor(max: number) {
    this.#max = max;
  }

  /** False: there is no room for this one. */
  admit(socket: Socket): boolean {
    const from = socket.remoteAddress ?? "";
    if (this.#sockets.size >= this.#max) {
      const oldest = this.#sockets.inPlaceOf(from);
      if (oldest === undefined) return false;
      this.delete(oldest);
      oldest.destroy();
    }
    this.#sockets.add(from, socket);
    return true;
  }

  /** It is proven, or gone; as often as you like. */
  delete(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}
