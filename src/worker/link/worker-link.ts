import type { Server } from "node:http";
import type { Socket } from "node:net";
import {
  endFlag,
  type FrameBuffers,
  frameKind,
  FrameReader,
  type FrameWriter,
  mayBegin,
  mayEnter,
  streamIdMax,
  StreamTable,
} from "../../link/link.ts";
import type { Clock } from "../../runtime/clock.ts";
import { hostGoneAfterMs } from "../../runtime/host-gone.ts";
import type { SharedLoad } from "../shared-load.ts";
import { IdleStreams } from "./idle-streams.ts";
import { hasSpoken, type Speaker, speaksLast } from "./last-words.ts";
import type { LinkGreeting } from "./link-greeting.ts";
import { LinkOutput } from "./link-output.ts";
import { RequestHeads } from "./request-heads.ts";
import { RequestStream, type StreamLink } from "./request-stream.ts";
import type { LinkFeed } from "./service-side.ts";
import { peerOf, type SocketPeer } from "./socket-peer.ts";

export const linkLimits = {
  streamsMax: 4_096,
  /** What is read of a peer that has not proven that it knows the key. */
  unprovenBytesMax: 1_024,
} as const;

/** What the service's own server says to a head that it does not understand. */
const badRequest = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/** What a link needs of the listener that it came to. */
export interface LinkHost {
  readonly server: Server;
  readonly feed: LinkFeed;
  readonly load: SharedLoad;
  readonly buffers: FrameBuffers;
  readonly clock: Clock;
  /** Say on a new link that no streams are to be opened. */
  readonly draining: boolean;
  /** Begin no request any more. */
  readonly refusing: boolean;
  proven(link: WorkerLink): void;
  closed(link: WorkerLink): void;
}

/**
 * One proxy's link.
 *
 *   greeting --proof--> open --end--> ending --no stream is open any more--> closed
 *       '----------------'--------------'--rule broken, connection lost--> closed
 */
type State = "greeting" | "open" | "ending" | "closed";

/** A request that is about to begin. `id`: its stream may be another's by then. */
type Beginning = { stream: RequestStream; id: number };

export class WorkerLink implements StreamLink, Speaker {
  readonly peer: SocketPeer;
  /** Whoever is at the other end knows the key. */
  proven = false;
  readonly #host: LinkHost;
  readonly #socket: Socket;
  readonly #greeting: LinkGreeting;
  readonly #output: LinkOutput;
  readonly #reader = new FrameReader();
  readonly #heads = new RequestHeads();
  readonly #streams = new StreamTable<RequestStream>();
  readonly #idle = new IdleStreams();
  #state: State = "greeting";
  #lastId = 0;
  #unprovenBytes = 0;
  /** Of the requests that come now. */
  #beginBy = Infinity;
  /** Requests whose `entered` waits for the end of what is being read. */
  readonly #entering: Beginning[] = [];
  /** Those whose `entered` has been written, and that have not begun yet. */
  readonly #entered: Beginning[] = [];

  constructor(socket: Socket, greeting: LinkGreeting, host: LinkHost) {
    this.#socket = socket;
    this.#greeting = greeting;
    this.#host = host;
    this.#output = new LinkOutput(socket, host.buffers, host.load);
    this.peer = peerOf(socket, host.server);
    socket.unref();
    socket.setKeepAlive(true, hostGoneAfterMs);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("drain", () => this.#drained());
    socket.on("error", () => undefined);
    socket.on("close", () => this.#closed());
    speaksLast(this);
  }

  get server(): Server {
    return this.#host.server;
  }

  get feed(): LinkFeed {
    return this.#host.feed;
  }

  get clock(): Clock {
    return this.#host.clock;
  }

  get frames(): FrameWriter {
    return this.#output.frames;
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  written(): void {
    this.#output.written();
  }

  answerBytes(stream: number, bytes: Uint8Array, from: number, to: number, then?: () => void): void {
    this.#output.answerBytes(stream, bytes, from, to, then);
  }

  get readAtMs(): number {
    return this.#output.readAtMs;
  }

  answerBegan(cameAtMs: number): void {
    this.#output.answerBegan(cameAtMs);
  }

  answerEnded(): void {
    this.#output.answerEnded();
  }

  // --- The listener speaks ---

  /** Asks for no more streams. */
  drain(): void {
    if (this.#state !== "open") return;
    this.frames.empty(frameKind.drain, 0, 0);
    this.#output.flush();
  }

  /** Closed when the streams that are open are over. */
  end(): void {
    if (this.#state === "closed") return;
    this.#state = "ending";
    if (this.#streams.size === 0) this.#finish();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Gives up what was not needed since the last time, and looks for requests that are late. */
  trim(nowMs: number): void {
    this.#idle.trim();
    for (const stream of this.#streams.all()) stream.judge(nowMs);
  }

  /** What was answered is answered, as on a socket; what would have begun after it goes elsewhere. */
  processEnds(): void {
    for (const { id } of [...this.#entered, ...this.#entering]) this.frames.empty(frameKind.refused, id, 0);
    this.#output.flush();
  }

  // --- The streams speak ---

  over(stream: RequestStream): void {
    this.#streams.delete(stream.id);
    this.#heads.forget(stream.id);
    if (this.#streams.size > 0) return;
    this.#socket.unref();
    if (this.#state === "ending") this.#finish();
  }

  keep(stream: RequestStream): void {
    if (this.#state === "open" && !this.#host.refusing) this.#idle.add(stream);
    else {
      // What waits for the server's end may end the process at once: the answer goes out before.
      this.#output.flush();
      stream.close();
    }
  }

  // --- Reading ---

  #read(chunk: Buffer): void {
    this.#output.readBegins();
    let at = 0;
    while (at < chunk.length && !this.#socket.destroyed) {
      const from = at;
      at = this.#reader.read(chunk, from, chunk.length);
      if (!this.proven) this.#unprovenBytes += at - from;
      const sound = this.#reader.state !== "broken" && this.#unprovenBytes <= linkLimits.unprovenBytesMax;
      if (!sound || (this.#reader.state === "piece" && !this.#take())) this.#socket.destroy();
    }
    if (this.#entering.length > 0) this.#enter();
    this.#output.readEnds();
  }

  /** One frame, or a piece of one. False: it may not come like this. */
  #take(): boolean {
    const { kind, stream: id } = this.#reader;
    if (!this.proven) return this.#greet();
    switch (kind) {
      case frameKind.request:
        return this.#takeRequest(id);
      case frameKind.body:
      case frameKind.trailers:
      case frameKind.credit:
      case frameKind.cancel: {
        const stream = this.#streams.get(id);
        // Of a request that is over: its frames may have been under way.
        return stream === undefined ? id > 0 && id <= this.#lastId : this.#takeFor(stream);
      }
      case frameKind.ping:
        this.frames.bytes(frameKind.pong, 0, 0, this.#reader.bytes, this.#reader.from, this.#reader.to);
        return true;
      case frameKind.beginBy:
        if (this.#reader.to - this.#reader.from !== 8) return false;
        this.#beginBy = this.#reader.f64();
        return !Number.isNaN(this.#beginBy);
      case frameKind.hello:
      case frameKind.proof:
      case frameKind.answer:
      case frameKind.entered:
      case frameKind.refused:
      case frameKind.load:
      case frameKind.drain:
        return false;
      default:
        return true;
    }
  }

  #greet(): boolean {
    const { kind, bytes, from, to } = this.#reader;
    const text = Buffer.from(bytes.subarray(from, to)).toString("utf8");
    if (kind === frameKind.hello) {
      const reply = this.#greeting.replyTo(text, this.#host.clock.now());
      if (reply !== undefined) this.frames.text(frameKind.hello, 0, 0, reply);
      return reply !== undefined;
    }
    if (kind !== frameKind.proof || !this.#greeting.proves(text)) return false;
    this.proven = true;
    if (this.#state === "greeting") this.#state = "open";
    this.#host.proven(this);
    if (this.#host.draining) this.frames.empty(frameKind.drain, 0, 0);
    return true;
  }

  #takeRequest(id: number): boolean {
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      if (id <= this.#lastId) return id > 0;
      if (id !== this.#lastId + 1 || id > streamIdMax) return false;
      this.#lastId = id;
      if (this.#refuses()) {
        this.frames.empty(frameKind.refused, id, 0);
        return true;
      }
      stream = this.#open(id);
    }
    const { bytes, from, to } = this.#reader;
    const head = this.#heads.take(id, bytes as Buffer, from, to);
    if (head === "refused" || (head === "more" && this.#ends())) {
      this.frames.text(frameKind.answer, id, endFlag, badRequest);
      stream.lost();
      return true;
    }
    if (head === "more") return true;
    stream.request(head, this.#beginBy);
    if (!this.#begin(stream)) return true;
    return !this.#ends() || stream.dataEnded(undefined, true);
  }

  #refuses(): boolean {
    return this.#host.refusing || this.#state === "ending" || this.#streams.size >= linkLimits.streamsMax;
  }

  #open(id: number): RequestStream {
    const stream = this.#idle.take() ?? new RequestStream(this);
    stream.open(id);
    if (this.#streams.size === 0) this.#socket.ref();
    this.#streams.add(id, stream);
    return stream;
  }

  /** The frame ends its stream's half, and this is its last piece. */
  #ends(): boolean {
    return this.#reader.last && (this.#reader.flags & endFlag) !== 0;
  }

  /** A request that is not to be repeated begins when it is known at the other side that it does. False: not at all. */
  #begin(stream: RequestStream): boolean {
    if (!stream.once) {
      stream.begin();
      return true;
    }
    const { beginBy } = stream;
    if (beginBy !== Infinity && !mayEnter(this.#host.clock.now(), beginBy)) return this.#refuse(stream);
    this.frames.empty(frameKind.entered, stream.id, 0);
    this.#entering.push({ stream, id: stream.id });
    return true;
  }

  #refuse(stream: RequestStream): false {
    this.frames.empty(frameKind.refused, stream.id, 0);
    this.#output.written();
    stream.lost();
    return false;
  }

  #enter(): void {
    let count = this.#entering.length;
    this.#entered.push(...this.#entering.splice(0));
    this.#output.flushThen(() => {
      for (; count > 0; count -= 1) this.#beginNext();
    });
  }

  #beginNext(): void {
    const { stream, id } = this.#entered.shift()!;
    // Cancelled while it waited.
    if (!stream.ready || stream.id !== id) return;
    // This process may have stood still since it looked at the clock.
    const { beginBy } = stream;
    if (beginBy === Infinity || mayBegin(this.#host.clock.now(), beginBy)) stream.begin();
    else this.#refuse(stream);
  }

  /** False: it may not come like this. */
  #takeFor(stream: RequestStream): boolean {
    const { kind, bytes, from, to } = this.#reader;
    switch (kind) {
      case frameKind.body:
        if (!stream.data(pieceOf(bytes as Buffer, from, to))) return false;
        return !this.#ends() || stream.dataEnded(undefined, false);
      case frameKind.trailers: {
        const trailers = this.#heads.takeTrailers(stream.id, bytes as Buffer, from, to, this.#ends());
        return trailers === "more" || (trailers !== "refused" && stream.dataEnded(trailers, false));
      }
      case frameKind.credit:
        return to - from === 4 && stream.granted(this.#reader.u32(0));
      default:
        stream.cancelled(to > from ? bytes[from]! : 0);
        return true;
    }
  }

  // --- Ends ---

  #drained(): void {
    for (const stream of this.#streams.all()) stream.drained();
  }

  #finish(): void {
    this.#output.flush();
    this.#socket.end();
    this.#idle.close();
  }

  #closed(): void {
    this.#state = "closed";
    for (const stream of this.#streams.all()) stream.lost();
    this.#idle.close();
    hasSpoken(this);
    this.#host.closed(this);
  }
}

/** Whoever keeps a piece keeps all that was read with it, of other streams as well: a small one is copied. */
function pieceOf(bytes: Buffer, from: number, to: number): Buffer {
  const piece = bytes.subarray(from, to);
  return piece.length * 4 < bytes.buffer.byteLength ? Buffer.from(piece) : piece;
}
