import { type Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { EtcdFailure } from "./failure.ts";

export interface Post {
  /** `host:port` */
  endpoint: string;
  path: string;
  body: object;
  token: string | undefined;
  /** For the whole answer; of a stream, until its first line. */
  deadlineMs: number;
}

export interface ExchangeOptions {
  clock: Clock;
  agent: Agent;
  secure: boolean;
}

/** One request to one member, and how far it got: whether it may have had an effect decides what a failure means. */
export class Exchange {
  /** Resolves with the head of the answer. */
  readonly head: Promise<IncomingMessage>;
  readonly #post: Post;
  readonly #request: ClientRequest;
  readonly #deadline: Timer;
  #sent = false;
  #late = false;

  constructor(post: Post, { clock, agent, secure }: ExchangeOptions) {
    this.#post = post;
    const text = JSON.stringify(post.body);
    const { host, port } = splitEndpoint(post.endpoint);
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      // A member that has no leader shall say so, instead of waiting for one.
      "grpc-metadata-hasleader": "true",
      ...(post.token === undefined ? {} : { authorization: post.token }),
    };
    const options = { host, port, path: post.path, method: "POST", agent, headers };
    this.#request = secure ? httpsRequest(options) : httpRequest(options);
    this.#request.on("socket", (socket) => this.#noteSending(socket, secure));
    this.head = new Promise((resolve, reject) => {
      this.#request.on("response", resolve);
      this.#request.on("error", reject);
      // Of an answer that promises another protocol Node tells nothing but this.
      this.#request.on("close", () => reject(new Error("it was closed")));
    });
    this.#deadline = clock.after(post.deadlineMs, () => {
      this.#late = true;
      this.#request.destroy(new Error("too late"));
    });
    this.#request.end(text);
  }

  /** The deadline was met. */
  inTime(): void {
    this.#deadline.cancel();
  }

  /** Ends it, whatever is under way. */
  abandon(): void {
    this.#deadline.cancel();
    this.#request.destroy();
  }

  /** What an error on the way means. */
  failureOf(error: unknown): EtcdFailure {
    if (error instanceof EtcdFailure) return error;
    const { endpoint, deadlineMs } = this.#post;
    const options = { cause: error };
    if (!this.#sent) {
      const why = this.#late ? `no connection within ${deadlineMs} ms` : `no connection (${textOf(error)})`;
      return new EtcdFailure("unreachable", endpoint, why, options);
    }
    if (this.#late) {
      return new EtcdFailure("silent", endpoint, `no answer within ${deadlineMs} ms`, options);
    }
    return new EtcdFailure("cut", endpoint, `the connection was lost (${textOf(error)})`, options);
  }

  /** A kept connection sends at once; a new one when it is up, and secured. */
  #noteSending(socket: Socket, secure: boolean): void {
    const sent = (): void => void (this.#sent = true);
    if (!socket.connecting) sent();
    else socket.once(secure ? "secureConnect" : "connect", sent);
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined || error.message.includes(code) ? error.message : `${error.message}, ${code}`;
}

/** The whole body. Rejects when it ends early, or is longer than `bytesMax`. */
export async function readText(response: IncomingMessage, bytesMax: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bytesMax) throw new Error(`the answer has more than ${bytesMax} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function splitEndpoint(endpoint: string): { host: string; port: string } {
  const at = endpoint.lastIndexOf(":");
  return { host: endpoint.slice(0, at).replace(/^\[|\]$/g, ""), port: endpoint.slice(at + 1) };
}
