import { AsyncResource } from "node:async_hooks";
import { maxHeaderSize, METHODS, type Server } from "node:http";
import type { Socket } from "node:net";
import type { RequestHead } from "../../http1/http1.ts";
import { known } from "../../http1/known-fields.ts";
import type { TrailerScanner } from "../../http1/trailers.ts";
import { DirectFeed, fieldsOf } from "./direct-feed.ts";
import { NodeParser } from "./node-parser.ts";
import type { BodySink } from "./request-body.ts";
import { RequestScope } from "./request-scope.ts";
import { TextFeed, TunnelFeed } from "./text-feed.ts";
import { type SocketStream, VirtualSocket } from "./virtual-socket.ts";

/** How requests reach the service: told to Node's http server directly, or as text over its sockets. */
export type LinkFeed = "requests" | "sockets";

const methods = new Set(METHODS);

/**
 * The service's end of a stream: the socket that it sees, used again for one request after the other, and how the
 * requests are told.
 *
 *   keep(head) --> connect --> begin --> body* --> whole          again for the next
 */
export class ServiceSide implements BodySink {
  readonly #server: Server;
  readonly #feedWanted: LinkFeed;
  readonly #stream: SocketStream;
  #socket: VirtualSocket | undefined;
  #direct: DirectFeed | undefined;
  /** What the request's body goes to. */
  #feed: BodySink | undefined;
  #scope = new RequestScope();
  /** Requests that this socket has seen. */
  #served = 0;
  // Of the head:
  method = "";
  /** It asks for another protocol. */
  upgrades = false;
  #url = "";
  #fields: string[] = none;
  #headBytes = 0;
  /** Unset: it is told directly. */
  #text: string | undefined;
  #chunked = false;

  constructor(server: Server, feed: LinkFeed, stream: SocketStream) {
    this.#server = server;
    this.#feedWanted = feed;
    this.#stream = stream;
  }

  get socket(): VirtualSocket | undefined {
    return this.#socket;
  }

  /** The socket may carry another request. */
  get reusable(): boolean {
    const max = this.#server.maxRequestsPerSocket ?? 0;
    const usedUp = max > 0 && this.#served >= max;
    return this.#socket !== undefined && !this.#socket.writableEnded && !usedUp && !this.upgrades;
  }

  /** The head is valid during the call only. */
  keep(head: RequestHead): void {
    this.method = head.method;
    this.upgrades = head.has(known.upgrade);
    this.#url = head.target;
    this.#headBytes = head.headBytes;
    this.#chunked = head.framing === "chunked";
    const direct = this.#feedWanted === "requests" && !this.upgrades && isPlain(head, this.#server);
    this.#text = direct ? undefined : head.text;
    this.#fields = direct ? fieldsOf(head) : none;
  }

  /** False: a listener for connections has thrown. That is uncaught, and heard first; then begin all the same. */
  connect(): boolean {
    this.#scope = new RequestScope();
    this.#served += 1;
    return this.#socket !== undefined || this.#scope.run(this.#connect, undefined) === true;
  }

  begin(): void {
    this.#scope.run(this.#begin, undefined);
  }

  body(bytes: Buffer): boolean {
    return this.#scope.run(this.#passBody, bytes) ?? true;
  }

  whole(trailers: TrailerScanner | undefined): void {
    this.#scope.run(this.#passWhole, trailers);
    this.#feed = undefined;
  }

  /** The answer has begun, and the request is not over. */
  answeredEarly(): void {
    if (this.#feed === this.#direct) this.#direct?.answeredEarly();
  }

  /** For what the service gave to be called later: in the asynchronous context of now, and within this request's scope. */
  later<Given>(call: (given: Given) => void): (given: Given) => void {
    const scope = this.#scope;
    const bound = AsyncResource.bind(call, "SKEINWRITE");
    return (given) => scope.run(bound, given);
  }

  /** Something is wrong with the request's connection. */
  fail(error: Error): void {
    this.#scope.run(this.#fail, error);
  }

  /** The socket is gone; the next request gets a new one. */
  forgetSocket(): void {
    this.#socket = undefined;
  }

  readonly #begin = (): void => {
    const socket = this.#socket;
    // A listener for connections may have refused it.
    if (socket === undefined) return;
    const text = this.#direct === undefined ? (this.#text ?? this.#textOfHead()) : this.#text;
    const fields = this.#fields;
    // Between two requests a socket keeps no head.
    this.#text = undefined;
    this.#fields = none;
    if (text === undefined) {
      this.#feed = this.#direct;
      this.#direct?.head(this.method, this.#url, fields, this.#headBytes);
      return;
    }
    this.#direct?.leave();
    const feed = new TextFeed(socket);
    this.#feed = this.upgrades ? new TunnelFeed(socket) : feed;
    feed.head(text, this.#chunked);
  };

  readonly #passBody = (bytes: Buffer): boolean => this.#feed?.body(bytes) ?? true;

  readonly #passWhole = (trailers: TrailerScanner | undefined): void => this.#feed?.whole(trailers);

  readonly #fail = (error: Error): void => void this.#socket?.emit("error", error);

  readonly #connect = (): true => {
    const server = this.#server;
    const { highWaterMark } = server as { highWaterMark?: number };
    const socket = new VirtualSocket(this.#stream, highWaterMark);
    this.#socket = socket;
    this.#direct = undefined;
    this.#served = 1;
    countConnection(server, socket);
    try {
      server.emit("connection", socket);
    } finally {
      const parser = this.#feedWanted === "requests" ? NodeParser.of(socket) : undefined;
      if (parser !== undefined) this.#direct = new DirectFeed(socket, parser);
    }
    return true;
  };

  /** This Node is not known: the request is told by text after all. */
  #textOfHead(): string {
    let text = `${this.method} ${this.#url} HTTP/1.1\r\n`;
    const fields = this.#fields;
    for (let at = 0; at < fields.length; at += 2) text += `${fields[at]!}: ${fields[at + 1]!}\r\n`;
    return `${text}\r\n`;
  }
}

const none: string[] = [];

/** What Node's own parser keeps, or takes, where the server says nothing. */
const usualFieldsMax = 1_000;

/** Nothing that Node's own parser might refuse. */
function isPlain(head: RequestHead, server: Server): boolean {
  const headBytesMax = (server as { maxHeaderSize?: number }).maxHeaderSize ?? maxHeaderSize;
  const fieldsMax = (server.maxHeadersCount ?? usualFieldsMax) || Number.POSITIVE_INFINITY;
  return methods.has(head.method) && head.headBytes < headBytesMax && head.fieldCount <= fieldsMax;
}

/** `server.close()` waits for it, `getConnections` counts it: the socket itself takes that back at its end. */
export function countConnection(server: Server, socket: Socket): void {
  const counting = server as unknown as { _connections?: number };
  if (typeof counting._connections !== "number") return;
  counting._connections += 1;
  Object.assign(socket, { _server: server });
}
