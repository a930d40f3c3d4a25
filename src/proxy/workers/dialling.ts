import type { Socket } from "node:net";
import { losesPackets } from "../../core/admission/on-the-way.ts";
import { lacksMeans } from "../../runtime/dial.ts";
import { hostGoneAfterMs } from "../../runtime/host-gone.ts";
import { systemReason } from "../../runtime/system-reason.ts";
import type { Engine } from "../engine.ts";
import { readBuffer } from "../sockets/read-buffer.ts";
import { Deadline } from "../timer-wheel.ts";
import { mayTryBeside, redialMs, wasLost } from "./dial-race.ts";
import { dialWorker, isUntrusted } from "./dial-worker.ts";
import type { Worker } from "./worker.ts";

/** Why no connection came about. `no-means`: for lack of a file or a port of ours. */
export type DialLoss = "refused" | "connect-timeout" | "untrusted" | "no-means";

/** Whose connection it is to become. */
export interface Dialler {
  /** Bytes have come. False: no more for now. */
  read(buffer: Buffer, length: number): boolean;
  /** The worker took this one; no other is left. */
  reached(socket: Socket): void;
  /** It takes a while, since then. */
  notYetReached(since: number): void;
  /** Nothing tries any more. `reason`: the system's, where it is not the worker's doing. */
  unreached(loss: DialLoss, since: number, reason?: string): void;
}

/**
 *   trying, with one socket or several --> over
 */
export class Dialling {
  readonly #engine: Engine;
  readonly #worker: Worker;
  readonly #dialler: Dialler;
  readonly #sealed: boolean;
  /** By the key of the worker's link, in whose place nobody else can be; not by a certificate. */
  readonly #byKey: boolean;
  readonly #startedAt: number;
  readonly #deadline: Deadline;
  /** Those that try, the oldest first. None: it is over. */
  #sockets: Socket[] = [];

  constructor(engine: Engine, worker: Worker, dialler: Dialler) {
    this.#engine = engine;
    this.#worker = worker;
    this.#dialler = dialler;
    this.#sealed = worker.protection !== undefined;
    this.#byKey = this.#sealed && worker.tls === undefined;
    this.#startedAt = engine.clock.now();
    this.#deadline = new Deadline(engine.wheel, (now) => this.#takesLong(now));
    this.#deadline.setAt(this.#startedAt + Math.min(redialMs, this.#connectMs));
    this.#dial();
  }

  /** Ends all that still try. */
  end(): void {
    this.#endAllBut(undefined);
  }

  get #connectMs(): number {
    return this.#engine.rules().settings.timeouts.connectMs;
  }

  #dial(): void {
    const buffer = readBuffer();
    const onread = { buffer, callback: (length: number) => this.#dialler.read(buffer, length) };
    // An answer may last for ever: the kernel asks whether the worker's host is still there.
    const options = { onread, keepAliveMs: hostGoneAfterMs };
    const { socket, established } = dialWorker(this.#engine, this.#worker, options);
    socket.on(established, () => this.#established(socket));
    socket.on("end", () => this.#broken(socket));
    socket.on("error", (error: NodeJS.ErrnoException) => this.#broken(socket, error));
    socket.on("close", () => this.#closed(socket));
    this.#sockets.push(socket);
  }

  #established(socket: Socket): void {
    if (!this.#sockets.includes(socket)) return;
    if (this.#sockets.length > 1) {
      const now = this.#engine.clock.now();
      if (wasLost(socket, this.#sockets, now - this.#startedAt, this.#sealed)) this.#worker.lostAt = now;
    }
    this.#endAllBut(socket);
    this.#dialler.reached(socket);
  }

  /** A SYN that was lost is sent again only after a second: another one is on its way long before. */
  #takesLong(now: number): void {
    const overAt = this.#startedAt + this.#connectMs;
    if (now >= overAt) return this.#failed("connect-timeout");
    this.#dialler.notYetReached(this.#startedAt);
    const lossy = losesPackets(this.#worker.lostAt, now);
    if (!mayTryBeside(this.#sockets, lossy)) return this.#deadline.setAt(overAt);
    this.#dial();
    this.#deadline.setAt(Math.min(overAt, now + redialMs));
  }

  /** `error`: unset where the other side ended it in order. */
  #broken(socket: Socket, error?: NodeJS.ErrnoException): void {
    if (!this.#sockets.includes(socket)) return;
    if (error !== undefined && isUntrusted(this.#engine, this.#worker, error))
      return this.#failed("untrusted");
    if (error !== undefined && lacksMeans(error)) {
      // There is no file or no port for it: nobody says that the worker refuses.
      this.#engine.dialLack.complain(error);
      return this.#without(socket, "no-means", systemReason(error));
    }
    // It was taken and then ended before it was established. So somebody listens there: who has no time for a handshake, or
    // whose packets were lost for so long that the other side gave it up.
    if (this.#byKey && (error === undefined || error.code === "ECONNRESET"))
      return this.#without(socket, "connect-timeout");
    this.#failed("refused");
  }

  #closed(socket: Socket): void {
    if (this.#sockets.includes(socket)) this.#failed("refused");
  }

  /** Others that are under way may come through. */
  #without(socket: Socket, loss: DialLoss, reason?: string): void {
    if (this.#sockets.length === 1) return this.#failed(loss, reason);
    this.#sockets = this.#sockets.filter((one) => one !== socket);
  }

  #failed(loss: DialLoss, reason?: string): void {
    this.end();
    this.#dialler.unreached(loss, this.#startedAt, reason);
  }

  #endAllBut(kept: Socket | undefined): void {
    const sockets = this.#sockets;
    this.#sockets = [];
    this.#deadline.dispose();
    for (const socket of sockets) if (socket !== kept) socket.destroy();
  }
}
