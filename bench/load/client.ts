import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Ask } from "../suite/cases.ts";
import { AnswerCounter } from "./answer-counter.ts";
import { EchoCounter, messageOf } from "./echo-counter.ts";

export interface Target {
  port: number;
  tls: boolean;
}

/** The bytes to send, made once: what is asked, in turn. */
export interface Asked {
  requests: readonly Buffer[];
  /** What is sent first on a connection and is no request that counts. */
  opening: Buffer | undefined;
}

export function askedOf(ask: Ask, { port }: Target): Asked {
  const head = (path: string, fields: readonly string[]): Buffer =>
    Buffer.from(
      [`${ask.method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...ask.headers, ...fields, "", ""].join(
        "\r\n",
      ),
      "latin1",
    );
  if (ask.kind === "websocket") {
    const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    const opening = head(ask.paths[0] ?? "/", [...upgrade, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]);
    return { requests: [messageOf(ask.bodyBytes)], opening };
  }
  const length = ask.bodyBytes > 0 ? [`Content-Length: ${ask.bodyBytes}`] : [];
  const fields = [...length, ...(ask.fresh ? ["Connection: close"] : [])];
  const body = Buffer.alloc(ask.bodyBytes, "x");
  return { requests: ask.paths.map((path) => Buffer.concat([head(path, fields), body])), opening: undefined };
}

export interface ClientEvents {
  /** Open, and whatever opens it has been answered. */
  onReady(client: Client): void;
  onAnswer(client: Client): void;
  /** It ended without having been told to, or answered something wrong. */
  onFailure(client: Client, detail: string): void;
}

/**
 *   opening --connected, upgraded--> idle <--answer, send--> busy
 *   any --close(), failure--> closed
 */
type State = "opening" | "idle" | "busy" | "closed";

/** One connection of the load, one request at a time. */
export class Client {
  /** Of the request under way; whoever sends it writes it here. */
  dueAt = 0;
  #state: State = "opening";
  readonly #socket: Socket;
  readonly #counter: AnswerCounter | EchoCounter;
  readonly #events: ClientEvents;

  constructor(target: Target, ask: Ask, opening: Buffer | undefined, events: ClientEvents) {
    this.#events = events;
    this.#counter =
      ask.kind === "websocket" ? new EchoCounter(ask.bodyBytes) : new AnswerCounter(ask.answerBytes);
    const place = { host: "127.0.0.1", port: target.port };
    this.#socket = target.tls ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place);
    this.#socket.setNoDelay(true);
    this.#socket.on(target.tls ? "secureConnect" : "connect", () => {
      if (opening === undefined) this.#ready();
      else this.#socket.write(opening);
    });
    this.#socket.on("data", (piece: Buffer) => this.#received(piece));
    this.#socket.on("error", (error) => this.#fail(error.message));
    this.#socket.on("close", () => this.#fail("the connection was closed"));
  }

  /** False after the last answer of this connection. */
  get reusable(): boolean {
    return this.#state !== "closed" && this.#counter.keepAlive;
  }

  send(request: Buffer): void {
    this.#state = "busy";
    this.#socket.write(request);
  }

  close(): void {
    this.#state = "closed";
    this.#socket.destroy();
  }

  #ready(): void {
    this.#state = "idle";
    this.#events.onReady(this);
  }

  #received(piece: Buffer): void {
    if (this.#state === "closed") return;
    if (this.#state === "idle") return this.#fail("bytes came that nobody asked for");
    try {
      if (!this.#counter.push(piece)) return;
    } catch (error) {
      return this.#fail((error as Error).message);
    }
    if (this.#state === "opening") return this.#ready();
    this.#state = "idle";
    this.#events.onAnswer(this);
  }

  #fail(detail: string): void {
    if (this.#state === "closed") return;
    this.close();
    this.#events.onFailure(this, detail);
  }
}
