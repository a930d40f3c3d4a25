import { connect, type Socket } from "node:net";
import type { Random } from "../../runtime/random.ts";
import type { Target } from "../load/connection.ts";

const keptMax = 16_384;

/** A client's connection of which every byte and every pause is chosen. */
export class RoughSocket {
  readonly random: Random;
  /** The beginning of what came, as latin1. */
  text = "";
  receivedBytes = 0;
  /** Nothing more comes. */
  ended = false;
  onData: (piece: Buffer) => void = () => {};
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();

  constructor(target: Target, random: Random) {
    this.random = random;
    // An end is answered only by who chooses to.
    this.#socket = connect({ ...target, noDelay: true, allowHalfOpen: true });
    this.#socket.on("data", (piece: Buffer) => {
      this.receivedBytes += piece.length;
      if (this.text.length < keptMax) this.text += piece.toString("latin1", 0, keptMax);
      this.onData(piece);
      this.#look();
    });
    this.#socket.on("end", () => this.#over());
    this.#socket.on("error", () => this.#over());
    this.#socket.on("close", () => this.#over());
  }

  send(data: string | Buffer): void {
    if (typeof data === "string") this.#socket.write(data, "latin1");
    else this.#socket.write(data);
  }

  /** True: it holds. False: the connection is over before. */
  async until(holds: () => boolean): Promise<boolean> {
    while (!holds()) {
      if (this.ended) return false;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return true;
  }

  async over(): Promise<void> {
    await this.until(() => this.ended);
  }

  async pause(fromMs: number, toMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, fromMs + this.random() * (toMs - fromMs)));
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  /** Ends its half, and stays. */
  endHalf(): void {
    this.#socket.end();
  }

  /** In peace or not. */
  leave(): void {
    if (this.random() < 0.5) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #over(): void {
    this.ended = true;
    this.#look();
  }

  #look(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
