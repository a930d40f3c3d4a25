import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/**
 * Every connection that this process has accepted, as one wire that can be cut: then no byte passes, either way, and nobody
 * is told, as when a cable is pulled. New connections are still accepted, for that is the kernel's part; nothing comes of them.
 */
export class Wire {
  readonly #sockets = new Set<Socket>();
  #cut = false;

  constructor() {
    // Told when the server's own handlers have set up the socket, and before its first byte.
    subscribe("net.server.socket", (message) => this.#add((message as { socket: Socket }).socket));
  }

  cut(): void {
    if (this.#cut) return;
    this.#cut = true;
    for (const socket of this.#sockets) hold(socket);
  }

  mend(): void {
    if (!this.#cut) return;
    this.#cut = false;
    for (const socket of this.#sockets) {
      socket.uncork();
      socket.resume();
    }
  }

  #add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // A new socket is set going in the next tick: only after that it can be held.
    process.nextTick(() => {
      if (this.#cut) hold(socket);
    });
  }
}

function hold(socket: Socket): void {
  socket.cork();
  socket.pause();
}
