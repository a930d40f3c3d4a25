import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { duplexPair } from "node:stream";

/** One message as llhttp (through node:http, all leniency off) understood it. */
export interface OracleMessage {
  method: string;
  target: string;
  rawHeaders: string[];
  body: string;
  rawTrailers: string[];
  complete: boolean;
}

export interface OracleTranscript {
  messages: OracleMessage[];
  /** Code of the first error; `unfinished` when the input ended within a message; empty when there was none. */
  error: string;
}

/** A server that judges bytes; no socket is opened. */
export class Oracle {
  private readonly server: Server;
  private readonly open = new WeakMap<Duplex, OracleTranscript>();

  constructor() {
    this.server = createServer({
      requireHostHeader: false,
      insecureHTTPParser: false,
      maxHeaderSize: 1 << 20,
    });
    // Not in the types: the end of the input must not cut the messages that were whole before it.
    Object.assign(this.server, { httpAllowHalfOpen: true });
    this.server.maxHeadersCount = 0;
    this.server.timeout = 0;
    this.server.on("request", (request) => this.take(request));
    // Without these, node answers by itself and hides the message.
    this.server.on("checkContinue", (request) => this.take(request));
    this.server.on("checkExpectation", (request) => this.take(request));
    this.server.on("connect", (request) => this.take(request));
    this.server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      const transcript = this.open.get(socket);
      if (transcript === undefined || transcript.error !== "") return;
      transcript.error =
        error.code === "HPE_INVALID_EOF_STATE" ? "unfinished" : (error.code ?? error.message);
    });
  }

  private take(request: IncomingMessage): void {
    const transcript = this.open.get(request.socket);
    if (transcript === undefined) throw new Error("a request on an unknown connection");
    const message = {
      method: request.method ?? "",
      target: request.url ?? "",
      rawHeaders: request.rawHeaders,
      body: "",
      rawTrailers: [] as string[],
      complete: false,
    };
    transcript.messages.push(message);
    request.on("data", (chunk: Buffer) => (message.body += chunk.toString("latin1")));
    request.on("end", () => {
      message.complete = request.complete;
      message.rawTrailers = request.rawTrailers;
    });
    request.on("error", () => {});
  }

  /** Judges one input, given in one piece and followed by the end of the connection. */
  async judge(input: Buffer): Promise<OracleTranscript> {
    const transcript: OracleTranscript = { messages: [], error: "" };
    const [client, served] = duplexPair();
    this.open.set(served, transcript);
    client.on("error", () => {});
    served.on("error", () => {});
    client.resume();
    const consumed = new Promise<void>((resolve) => {
      served.once("end", resolve);
      served.once("close", resolve);
    });
    this.server.emit("connection", served);
    client.end(input);
    await consumed;
    // What was parsed reaches the request streams in later turns.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    client.destroy();
    served.destroy();
    return transcript;
  }
}
