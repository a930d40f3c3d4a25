import { AsyncResource } from "node:async_hooks";
import { maxHeaderSize, METHODS, type Server } from "node:http";
import { isIdempotent } from "../../core/retry/retry.ts";
import type { RequestHead } from "../../http1/http1.ts";
import { known } from "../../http1/known-fields.ts";
import type { TrailerScanner } from "../../http1/trailers.ts";
import { cancelCause } from "../../link/link.ts";
import { AnswerWriter, type LinkOutlet } from "./answer-writer.ts";
import { DirectFeed, fieldsOf } from "./direct-feed.ts";
import { NodeParser } from "./node-parser.ts";
import { type BodySink, RequestBody } from "./request-body.ts";
import { TextFeed, TunnelFeed } from "./text-feed.ts";
import { type SocketPeer, type SocketStream, VirtualSocket } from "./virtual-socket.ts";

/** How requests reach the service: told to Node's http server directly, or as text over its sockets. */
export type LinkFeed = "requests" | "sockets";

/** The link, as its streams see it. */
export interface StreamLink extends LinkOutlet {
  readonly server: Server;
  readonly feed: LinkFeed;
  readonly peer: SocketPeer;
  /** The id is done with. */
  over(stream: RequestStream): void;
  /** No request is on this stream: it may be used for another. */
  keep(stream: RequestStream): void;
}

/**
 * One request and its answer, and after them the next: a stream of the link and the socket that the service sees.
 *
 *   idle --open--> head --request--> ready --begin--> begun --request and answer over--> idle
 *                   '--cancel, link lost--> idle        '--cancel, destroyed, link lost--> dead
 */
type Phase = "idle" | "head" | "ready" | "begun" | "dead";

const methods = new Set(METHODS);

export class RequestStream implements SocketStream, BodySink {
  id = 0;
  readonly #link: StreamLink;
  readonly #answer: AnswerWriter;
  readonly #body: RequestBody;
  #phase: Phase = "idle";
  #socket: VirtualSocket | undefined;
  #direct: DirectFeed | undefined;
  /** What the request's body goes to. */
  #feed: BodySink | undefined;
  #scope: AsyncResource | undefined;
  #inside = false;
  /** Requests that this socket has seen. */
  #served = 0;
  #begunAtMs = 0;
  // The head of the request:
  #method = "";
  #url = "";
  #fields: string[] = [];
  #headBytes = 0;
  /** Unset: it is told directly. */
  #text: string | undefined;
  #chunked = false;
  #upgrades = false;

  constructor(link: StreamLink) {
    this.#link = link;
    this.#answer = new AnswerWriter(link);
    this.#body = new RequestBody((bytes) => {
      link.frames.credit(this.id, bytes);
      link.written();
    });
  }

  get busy(): boolean {
    return this.#phase === "begun";
  }

  get peer(): SocketPeer {
    return this.#link.peer;
  }

  get dead(): boolean {
    return this.#phase === "dead";
  }

  /** Its head has come, and the service does not know of it. */
  get ready(): boolean {
    return this.#phase === "ready";
  }

  /** A repetition of it would not be harmless. */
  get once(): boolean {
    return !isIdempotent(this.#method);
  }

  // --- The link speaks ---

  open(id: number): void {
    this.id = id;
    this.#phase = "head";
  }

  /** The head has come. It is valid during the call only. */
  request(head: RequestHead): void {
    const { server, feed } = this.#link;
    this.#phase = "ready";
    this.#method = head.method;
    this.#url = head.target;
    this.#headBytes = head.headBytes;
    this.#chunked = head.framing === "chunked";
    this.#upgrades = head.has(known.upgrade);
    // What Node itself may refuse or give another turn, it reads itself.
    const direct =
      feed === "requests" &&
      !this.#upgrades &&
      methods.has(head.method) &&
      head.headBytes < ((server as { maxHeaderSize?: number }).maxHeaderSize ?? maxHeaderSize);
    this.#text = direct ? undefined : head.text;
    this.#fields = direct ? fieldsOf(head) : none;
    if (this.#upgrades) this.#body.beginTunnel();
    else this.#body.begin(head.framing, head.contentLength);
  }

  /** False: it breaks the link's rules. */
  data(bytes: Buffer): boolean {
    return (this.#phase === "ready" || this.#phase === "begun") && this.#body.take(bytes);
  }

  /** Nothing follows of the request. An upgrade's END ends the request, not the tunnel, where the head says it. */
  dataEnded(trailers: TrailerScanner | undefined, withHead: boolean): boolean {
    if (this.#phase !== "ready" && this.#phase !== "begun") return false;
    return (withHead && this.#upgrades) || this.#body.end(trailers);
  }

  /** Hands the request to the service. */
  begin(): void {
    this.#phase = "begun";
    this.#begunAtMs = performance.now();
    this.#served += 1;
    this.#answer.begin(this.id);
    this.#scope = new AsyncResource("SKEINREQUEST");
    this.#within(this.#beginWithin, undefined);
    this.#body.passTo(this);
  }

  granted(bytes: number): boolean {
    return this.#phase !== "begun" || this.#answer.granted(bytes);
  }

  /** The link takes answers again. */
  drained(): void {
    this.#answer.more();
  }

  /** The proxy ends it. */
  cancelled(cause: number): void {
    if (cause === cancelCause.closed && this.#upgrades && this.#phase === "begun") this.#closeTunnel();
    else this.lost();
  }

  /** Nobody is at the other end any more. */
  lost(): void {
    const begun = this.#phase === "begun";
    const cut = begun && !this.#body.whole && !this.#upgrades;
    this.#phase = begun ? "dead" : "idle";
    this.#answer.abandon();
    this.#body.abandon();
    this.#link.over(this);
    if (begun) this.#socket?.destroy(cut ? connectionReset() : undefined);
    else this.#link.keep(this);
  }

  /** The request did not come whole in time, by the service's own rules: as Node's http server sees it then. */
  judge(nowMs: number): void {
    const { requestTimeout } = this.#link.server;
    if (this.#phase !== "begun" || this.#body.whole || this.#upgrades || requestTimeout <= 0) return;
    if (nowMs - this.#begunAtMs < requestTimeout) return;
    const error = Object.assign(new Error("Request timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
    this.#within(this.#failWithin, error);
  }

  // --- To the service, each within the request's own asynchronous scope ---

  body(bytes: Buffer): boolean {
    return this.#within(this.#bodyWithin, bytes) ?? true;
  }

  whole(trailers: TrailerScanner | undefined): void {
    this.#within(this.#wholeWithin, trailers);
    this.#settle();
  }

  readonly #beginWithin = (): void => {
    const socket = this.#socket ?? this.#connect();
    // A listener for connections may have refused it.
    if (this.#phase !== "begun") return;
    const text = this.#direct === undefined ? (this.#text ?? this.#headText()) : this.#text;
    if (text === undefined) {
      this.#feed = this.#direct;
      this.#direct?.head(this.#method, this.#url, this.#fields, this.#headBytes);
      return;
    }
    this.#direct?.leave();
    const feed = new TextFeed(socket);
    this.#feed = this.#upgrades ? new TunnelFeed(socket) : feed;
    feed.head(text, this.#chunked);
  };

  readonly #bodyWithin = (bytes: Buffer): boolean => this.#feed?.body(bytes) ?? true;

  readonly #wholeWithin = (trailers: TrailerScanner | undefined): void => this.#feed?.whole(trailers);

  readonly #failWithin = (error: Error): void => void this.#socket?.emit("error", error);

  /** What the service throws is uncaught, as on a socket; the other streams of the link do not notice. */
  #within<Given, Result>(step: (given: Given) => Result, given: Given): Result | undefined {
    const scope = this.#scope;
    if (this.#inside || scope === undefined) return step(given);
    this.#inside = true;
    try {
      return scope.runInAsyncScope(step, undefined, given);
    } catch (error) {
      scope.runInAsyncScope(throwLater, undefined, error);
      return undefined;
    } finally {
      this.#inside = false;
    }
  }

  #connect(): VirtualSocket {
    const { server } = this.#link;
    const { highWaterMark } = server as { highWaterMark?: number };
    const socket = new VirtualSocket(this, highWaterMark);
    this.#socket = socket;
    this.#direct = undefined;
    this.#served = 1;
    countConnection(server, socket);
    server.emit("connection", socket);
    const parser = this.#link.feed === "requests" ? NodeParser.of(socket) : undefined;
    if (parser !== undefined) this.#direct = new DirectFeed(socket, parser);
    return socket;
  }

  /** This Node is not known: the request is told by text after all. */
  #headText(): string {
    let text = `${this.#method} ${this.#url} HTTP/1.1\r\n`;
    const fields = this.#fields;
    for (let at = 0; at < fields.length; at += 2) text += `${fields[at]!}: ${fields[at + 1]!}\r\n`;
    return `${text}\r\n`;
  }

  // --- The socket speaks ---

  pass(data: string | Uint8Array, encoding: BufferEncoding | undefined): boolean {
    if (!this.#answer.pass(data, encoding)) return false;
    this.#socket?.touched(0, data.length);
    return true;
  }

  write(bytes: Uint8Array, done: () => void): void {
    this.#socket?.touched(0, bytes.length);
    this.#answer.write(bytes, done);
  }

  wanted(): void {
    this.#body.resume();
  }

  paused(): void {
    this.#body.pause();
  }

  resumed(): void {
    this.#body.resume();
  }

  answered(): void {
    if (this.#phase !== "begun") return;
    this.#answer.end();
    // It asked for an upgrade and got a plain answer: there is no tunnel.
    if (this.#upgrades) this.#body.abandon();
    this.#settle();
  }

  ended(): void {
    if (this.#phase !== "begun") return;
    this.#answer.end();
    if (this.#upgrades) this.#closeTunnel();
    else this.#settle();
  }

  destroyed(whole: boolean): void {
    if (this.#phase === "head" || this.#phase === "ready") {
      // It was idle, and is asked for again when the request begins.
      this.#socket = undefined;
      return;
    }
    const begun = this.#phase === "begun";
    this.#phase = "dead";
    if (!begun) return;
    if (whole) this.#answer.end();
    if (!this.#answer.over || !this.#body.whole) {
      this.#link.frames.cancel(this.id, cancelCause.aborted);
      this.#link.written();
    }
    this.#answer.abandon();
    this.#body.abandon();
    this.#link.over(this);
  }

  /** One side of a tunnel has said its last word: the service hears the end, after what came before. */
  #closeTunnel(): void {
    const socket = this.#socket;
    this.#phase = "dead";
    this.#answer.discard();
    this.#body.end(undefined);
    this.#link.over(this);
    if (socket?.readableEnded === true) socket.destroySoon();
    else socket?.once("end", () => socket.destroySoon());
  }

  #settle(): void {
    if (this.#phase !== "begun" || !this.#answer.over || !this.#body.whole) return;
    const socket = this.#socket;
    const { maxRequestsPerSocket } = this.#link.server;
    const usedUp = (maxRequestsPerSocket ?? 0) > 0 && this.#served >= (maxRequestsPerSocket ?? 0);
    const reusable = socket !== undefined && !socket.writableEnded && !usedUp && !this.#upgrades;
    this.#phase = reusable ? "idle" : "dead";
    this.#feed = undefined;
    this.#scope = undefined;
    this.#link.over(this);
    if (reusable) this.#link.keep(this);
    else socket?.destroySoon();
  }

  /** Ends an idle socket. */
  close(): void {
    this.#phase = "dead";
    this.#socket?.destroy();
  }
}

const none: string[] = [];

function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

function connectionReset(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", errno: -104, syscall: "read" });
}

/** `server.close()` waits for it, `getConnections` counts it: the socket itself takes that back at its end. */
function countConnection(server: Server, socket: VirtualSocket): void {
  const counting = server as unknown as { _connections?: number };
  if (typeof counting._connections !== "number") return;
  counting._connections += 1;
  Object.assign(socket, { _server: server });
}
