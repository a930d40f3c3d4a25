import { connect, type Socket } from "node:net";
import type { Clock } from "../../runtime/clock.ts";
import { type Answer, readAnswer } from "./answer.ts";
import type { Outcome } from "./record.ts";

export interface Target {
  host: string;
  port: number;
}

/**
 *   opening --connected--> open <--answered-- (busy: `waiting` is set) --error, end--> closed
 */
type State = "opening" | "open" | "closed";

/**
 * A client's connection: one request at a time, keep-alive. It never repeats anything by itself: what a proxy does
 * to a request must be seen, not hidden.
 */
export class ClientConnection {
  readonly openedAt: number;
  #state: State = "opening";
  #text = "";
  #waiting: { done: (outcome: Outcome, answer?: Answer) => void } | undefined;
  readonly #socket: Socket;
  readonly #onIdle: (connection: ClientConnection) => void;
  readonly #onClosed: (connection: ClientConnection) => void;

  constructor(options: {
    target: Target;
    clock: Clock;
    onIdle: (connection: ClientConnection) => void;
    onClosed: (connection: ClientConnection) => void;
  }) {
    this.openedAt = options.clock.now();
    this.#onIdle = options.onIdle;
    this.#onClosed = options.onClosed;
    this.#socket = connect({ ...options.target, noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("connect", () => {
      this.#state = "open";
      if (this.#waiting === undefined) this.#onIdle(this);
    });
    this.#socket.on("data", (text: string) => this.#received(text));
    this.#socket.on("end", () => this.#lost("closed by the server"));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#lost(error.code ?? error.message));
    this.#socket.on("close", () => this.#lost("closed"));
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  get busy(): boolean {
    return this.#waiting !== undefined;
  }

  /** `done` is called exactly once. */
  request(text: string, done: (outcome: Outcome, answer?: Answer) => void): void {
    if (this.#waiting !== undefined) throw new Error("demo: one request at a time on a connection");
    this.#waiting = { done };
    this.#text = "";
    if (this.#state === "closed") this.#lost("closed before the request was sent");
    else this.#socket.write(text, "latin1");
  }

  /** Gives up: what waits ends with `outcome`. */
  abandon(outcome: Outcome): void {
    this.#end(outcome);
  }

  close(): void {
    this.#end({ kind: "reset", detail: "the client went away" });
  }

  #received(text: string): void {
    if (this.#waiting === undefined)
      return this.#end({ kind: "garbled", detail: "bytes on an idle connection" });
    this.#text += text;
    const reading = readAnswer(this.#text);
    if (reading.kind === "partial") return;
    if (reading.kind === "garbled") return this.#end(reading);
    const { answer } = reading;
    if (answer.length !== this.#text.length)
      return this.#end({ kind: "garbled", detail: "bytes after the answer" });
    const reason = answer.headers.get("x-skein-reason");
    const { done } = this.#waiting;
    this.#waiting = undefined;
    done({ kind: "answered", status: answer.status, ...(reason === undefined ? {} : { reason }) }, answer);
    if (answer.keepAlive && !this.closed) this.#onIdle(this);
    else this.close();
  }

  #lost(detail: string): void {
    this.#end({ kind: this.#state === "opening" ? "refused" : "reset", detail });
  }

  #end(outcome: Outcome): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (this.#state !== "closed") {
      this.#state = "closed";
      this.#socket.destroy();
      this.#onClosed(this);
    }
    waiting?.done(outcome);
  }
}
