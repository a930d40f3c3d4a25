import type { Socket } from "node:net";
import type { Clock } from "../../runtime/clock.ts";
import type { WriteCallback } from "./virtual-socket.ts";

export const leftTunnelLimits = {
  /** Without a read of what the client left behind. Less cuts services that read slowly; more keeps what nobody reads. */
  unreadMs: 30_000,
} as const;

/**
 * A service's end of a tunnel that its client has left.
 *
 *   left --everything is read--> ended --what was written is out--> closed
 *     |--writes go on--> broken pipe: closed
 *     '--nothing is read for long--> closed
 */
export class LeftTunnel {
  readonly #socket: Socket;
  readonly #unread: () => number;
  readonly #clock: Clock;
  #known = false;

  /** @param unread bytes that the service has not read */
  constructor(socket: Socket, unread: () => number, clock: Clock) {
    this.#socket = socket;
    this.#unread = unread;
    this.#clock = clock;
    socket.once("end", () => socket.destroySoon());
    if (socket.readableEnded) socket.destroySoon();
    else this.#watch(Infinity);
  }

  /** As a kernel does: what is written before it knows that nobody is there seems to go out. */
  write(done: WriteCallback): void {
    if (this.#known) return done(brokenPipe());
    setImmediate(() => (this.#known = true));
    done();
  }

  #watch(before: number): void {
    const unread = this.#unread();
    if (unread === before) return void this.#socket.destroy();
    const timer = this.#clock.after(leftTunnelLimits.unreadMs, () => {
      this.#socket.removeListener("close", cancel);
      this.#watch(unread);
    });
    const cancel = (): void => timer.cancel();
    this.#socket.once("close", cancel);
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error("write EPIPE"), { code: "EPIPE", errno: -32, syscall: "write" });
}
