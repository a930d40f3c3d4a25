import type { Server } from "node:http";
import { isIdempotent } from "../../core/retry/retry.ts";
import type { RequestHead } from "../../http1/http1.ts";
import type { TrailerScanner } from "../../http1/trailers.ts";
import { cancelCause } from "../../link/link.ts";
import type { Clock } from "../../runtime/clock.ts";
import { AnswerWriter, type LinkOutlet } from "./answer-writer.ts";
import { LeftTunnel } from "./left-tunnel.ts";
import { type BodySink, RequestBody } from "./request-body.ts";
import { type LinkFeed, ServiceSide } from "./service-side.ts";
import type { SocketPeer } from "./socket-peer.ts";
import type { SocketStream, WriteCallback } from "./virtual-socket.ts";

/** The link, as its streams see it. */
export interface StreamLink extends LinkOutlet {
  readonly server: Server;
  readonly feed: LinkFeed;
  readonly peer: SocketPeer;
  readonly clock: Clock;
  /** When what is read now came. */
  readonly readAtMs: number;
  /** The first byte of the answer to a request that came at this time. */
  answerBegan(cameAtMs: number): void;
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

export class RequestStream implements SocketStream, BodySink {
  id = 0;
  /** When it is too late to begin with its request, if that is to run once at most. */
  beginBy = Infinity;
  readonly #link: StreamLink;
  readonly #answer: AnswerWriter;
  readonly #body: RequestBody;
  readonly #service: ServiceSide;
  #phase: Phase = "idle";
  /** When its request came; -1: its answer has begun. */
  #cameAtMs = -1;
  /** When its request was looked at first, by `judge`. */
  #seenAtMs: number | undefined;
  #left: LeftTunnel | undefined;

  constructor(link: StreamLink) {
    this.#link = link;
    this.#answer = new AnswerWriter(link);
    this.#service = new ServiceSide(link.server, link.feed, this);
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

  /** Not to be used again. */
  get dead(): boolean {
    return this.#phase === "dead";
  }

  /** Its head has come, and the service does not know of it. */
  get ready(): boolean {
    return this.#phase === "ready";
  }

  /** A repetition of the request would not be harmless. */
  get once(): boolean {
    return !isIdempotent(this.#service.method);
  }

  // --- The link speaks ---

  open(id: number): void {
    this.id = id;
    this.#phase = "head";
  }

  /** The head has come. It is valid during the call only. */
  request(head: RequestHead, beginBy: number): void {
    this.beginBy = beginBy;
    this.#phase = "ready";
    this.#cameAtMs = this.#link.readAtMs;
    this.#service.keep(head);
    if (this.#service.upgrades) this.#body.beginTunnel();
    else this.#body.begin(head.framing, head.contentLength);
  }

  /** False: it breaks the link's rules. */
  data(bytes: Buffer): boolean {
    return (this.#phase === "ready" || this.busy) && this.#body.take(bytes);
  }

  /** Nothing follows of the request. What ends with the head of an upgrade is the request, not the tunnel. */
  dataEnded(trailers: TrailerScanner | undefined, withHead: boolean): boolean {
    // Answered before it was whole, and over by these very bytes: the end that they bring says nothing new.
    if (this.#phase !== "ready" && !this.busy) return this.#phase !== "head";
    return (withHead && this.#service.upgrades) || this.#body.end(trailers);
  }

  /** Hands the request to the service. */
  begin(): void {
    this.#phase = "begun";
    this.#seenAtMs = undefined;
    this.#answer.begin(this.id);
    if (this.#service.connect()) this.#handOver();
    else process.nextTick(() => this.#handOver());
  }

  #handOver(): void {
    this.#service.begin();
    // Also to a handler that has destroyed its socket at once: what came with the head was there already.
    this.#body.passTo(this);
    if (this.dead) this.#body.abandon();
  }

  granted(bytes: number): boolean {
    return !this.busy || this.#answer.granted(bytes);
  }

  /** The link takes answers again. */
  drained(): void {
    this.#answer.more();
  }

  /** The proxy ends it. */
  cancelled(cause: number): void {
    if (cause === cancelCause.closed && this.#service.upgrades && this.busy) this.#closeTunnel();
    else this.lost();
  }

  /** Nobody is at the other end any more. */
  lost(): void {
    const begun = this.busy;
    const cut = !this.#body.whole && !this.#service.upgrades;
    this.#phase = begun ? "dead" : "idle";
    this.#answer.abandon(writeCancelled);
    this.#body.abandon();
    this.#link.over(this);
    if (begun) this.#service.socket?.destroy(cut ? connectionReset() : undefined);
    else this.#link.keep(this);
  }

  /** A request that does not come whole in time, by the service's own rules, is told to it as by a socket. */
  judge(nowMs: number): void {
    const { requestTimeout } = this.#link.server;
    if (!this.busy || this.#body.whole || this.#service.upgrades || requestTimeout <= 0) return;
    this.#seenAtMs ??= nowMs;
    if (nowMs - this.#seenAtMs < requestTimeout) return;
    this.#service.fail(Object.assign(new Error("Request timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" }));
  }

  /** Ends an idle stream's socket. */
  close(): void {
    this.#phase = "dead";
    this.#service.socket?.destroy();
  }

  // --- The body goes to the service ---

  body(bytes: Buffer): boolean {
    return this.#service.body(bytes);
  }

  whole(trailers: TrailerScanner | undefined): void {
    this.#service.whole(trailers);
    this.#settle();
  }

  // --- The socket speaks ---

  pass(data: string | Uint8Array, encoding: BufferEncoding | undefined): boolean {
    if (this.#cameAtMs >= 0) this.#answerBegins();
    const bytes = this.#answer.pass(data, encoding);
    if (bytes < 0) return false;
    this.#service.socket?.touched(0, bytes);
    return true;
  }

  write(bytes: Uint8Array, done: WriteCallback): void {
    if (this.#cameAtMs >= 0) this.#answerBegins();
    const service = this.#service;
    service.socket?.touched(0, bytes.length);
    if (this.#left !== undefined) return this.#left.write(done);
    // What waits for room is the service's own, and so is what it throws then.
    this.#answer.write(bytes, service.later(done));
  }

  wanted(): void {
    this.#body.resume();
  }

  paused(): void {
    this.#body.pause();
    const answerBegan = this.#cameAtMs < 0;
    if (answerBegan && this.#body.outstanding) this.#service.answeredEarly();
  }

  resumed(): void {
    this.#body.resume();
  }

  answered(): void {
    if (!this.busy) return;
    this.#answer.end();
    // It asked for another protocol and got a plain answer: there is no tunnel.
    if (this.#service.upgrades) this.#body.abandon();
    this.#settle();
  }

  ended(): void {
    if (this.dead) return;
    // Between two requests: the next gets a new one.
    if (!this.busy) return this.#service.socket?.destroySoon();
    this.#answer.end();
    if (this.#service.upgrades) this.#closeTunnel();
    else this.#settle();
  }

  destroyed(whole: boolean): void {
    this.#service.forgetSocket();
    // Between two requests: the next gets a new one.
    if (this.#phase === "head" || this.#phase === "ready") return;
    const begun = this.busy;
    this.#phase = "dead";
    if (!begun) return;
    if (whole) this.#answer.end();
    if (!this.#answer.over || !this.#body.whole) {
      this.#link.frames.cancel(this.id, cancelCause.aborted);
      this.#link.written();
    }
    this.#answer.abandon(writeCancelled);
    if (this.#body.taken) this.#body.abandon();
    this.#link.over(this);
  }

  #answerBegins(): void {
    this.#link.answerBegan(this.#cameAtMs);
    this.#cameAtMs = -1;
    if (this.#body.outstanding) this.#service.answeredEarly();
  }

  /** One side of a tunnel has said its last word: the service hears the end, after what came before. */
  #closeTunnel(): void {
    const { socket } = this.#service;
    const body = this.#body;
    this.#phase = "dead";
    this.#answer.discard();
    body.end(undefined);
    this.#link.over(this);
    if (socket === undefined) return;
    this.#left = new LeftTunnel(socket, () => socket.readableLength + body.heldBytes, this.#link.clock);
  }

  /** Both halves are over: the stream is ready for another request. */
  #settle(): void {
    if (!this.busy || !this.#answer.over || !this.#body.whole) return;
    const { reusable, socket } = this.#service;
    this.#phase = reusable ? "idle" : "dead";
    this.#link.over(this);
    if (reusable) this.#link.keep(this);
    else socket?.destroySoon();
  }
}

/** As the kernel tells of a write that was under way when its socket was closed. */
function writeCancelled(): Error {
  return Object.assign(new Error("write ECANCELED"), { code: "ECANCELED", errno: -125, syscall: "write" });
}

function connectionReset(): Error {
  return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", errno: -104, syscall: "read" });
}
