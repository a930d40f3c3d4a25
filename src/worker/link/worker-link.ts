import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { RequestParser } from "../../http1/http1.ts";
import { TrailerScanner } from "../../http1/trailers.ts";
import {
  endFlag,
  type FrameBuffers,
  frameKind,
  FrameReader,
  FrameWriter,
  payloadBytesMax,
  streamIdMax,
} from "../../link/link.ts";
import {
  readDelayP99Micros,
  readInFlight,
  readUtilizationPerMille,
  type SharedLoad,
} from "../shared-load.ts";
import type { LinkGreeting } from "./link-greeting.ts";
import { type LinkFeed, RequestStream, type StreamLink } from "./request-stream.ts";
import type { SocketPeer } from "./virtual-socket.ts";

export const linkLimits = {
  streamsMax: 4_096,
  /** What is read of a peer that has not proven that it knows the key. */
  unprovenBytesMax: 1_024,
  /** Unsent beyond this: answers wait in their own sockets. */
  congestedBytes: 1_048_576,
  /** Unsent beyond this, by words that need no credit: the peer only writes. */
  unsentBytesMax: 16_777_216,
} as const;

/** The gateway's own limits are lower by default, and can be raised. */
const headLimits = { headBytesMax: 131_072, fieldsMax: 500, targetBytesMax: 32_768 } as const;
const trailerLimits = { headBytesMax: 16_384, fieldsMax: 100 } as const;

const badRequest = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/** What a link needs of the listener that it came to. */
export interface LinkHost {
  readonly server: Server;
  readonly feed: LinkFeed;
  readonly load: SharedLoad;
  readonly buffers: FrameBuffers;
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
 *   greeting --proof--> open --end, and no stream is open any more--> closed
 *       '----------------'--rule broken, connection lost--> closed
 */
type State = "greeting" | "open" | "ending" | "closed";

export class WorkerLink implements StreamLink {
  readonly frames: FrameWriter;
  readonly peer: SocketPeer;
  /** Whoever is at the other end knows the key. */
  proven = false;
  readonly #host: LinkHost;
  readonly #socket: Socket;
  readonly #greeting: LinkGreeting;
  readonly #reader = new FrameReader();
  readonly #streams = new Map<number, RequestStream>();
  readonly #idle: RequestStream[] = [];
  /** The fewest idle streams since `trim`: so many were not needed. */
  #idleMin = 0;
  /** For heads that come in one piece, which is nearly all. */
  #parser = new RequestParser(headLimits);
  /** For heads that do not, by stream. */
  readonly #parsers = new Map<number, RequestParser>();
  readonly #trailers = new Map<number, TrailerScanner>();
  #state: State = "greeting";
  #lastId = 0;
  #unprovenBytes = 0;
  #flushes = false;
  #reading = false;
  /** Requests whose `entered` has not gone out. */
  #entering: RequestStream[] = [];
  #tellsLoad = false;

  constructor(socket: Socket, greeting: LinkGreeting, host: LinkHost) {
    this.#socket = socket;
    this.#greeting = greeting;
    this.#host = host;
    this.frames = new FrameWriter(host.buffers);
    this.peer = peerOf(socket, host.server);
    socket.unref();
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("drain", () => this.#drained());
    socket.on("error", () => undefined);
    socket.on("close", () => this.#closed());
  }

  get server(): Server {
    return this.#host.server;
  }

  get feed(): LinkFeed {
    return this.#host.feed;
  }

  get congested(): boolean {
    return this.#socket.writableLength > linkLimits.congestedBytes;
  }

  // --- The listener speaks ---

  /** Asks for no more streams. */
  drain(): void {
    if (this.#state !== "open") return;
    this.frames.empty(frameKind.drain, 0, 0);
    this.#flush();
  }

  /** Closed when the streams that are open are over. */
  end(): void {
    if (this.#state === "open") this.#state = "ending";
    if (this.#streams.size === 0) this.#finish();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Gives up what was not needed since the last time, and looks for requests that are late. */
  trim(nowMs: number): void {
    for (const stream of this.#idle.splice(0, this.#idleMin)) stream.close();
    this.#idleMin = this.#idle.length;
    for (const stream of this.#streams.values()) stream.judge(nowMs);
  }

  // --- The streams speak ---

  written(): void {
    if (this.frames.length > portionBytes) this.#flush();
    else if (!this.#flushes && !this.#reading) {
      this.#flushes = true;
      setImmediate(this.#flushNow);
    }
  }

  answerEnded(): void {
    this.#tellsLoad = true;
    this.written();
  }

  over(stream: RequestStream): void {
    const { id } = stream;
    this.#streams.delete(id);
    this.#parsers.delete(id);
    this.#trailers.delete(id);
    if (this.#streams.size > 0) return;
    this.#socket.unref();
    if (this.#state === "ending") this.#finish();
  }

  keep(stream: RequestStream): void {
    if (this.#state === "open" && !this.#host.refusing) this.#idle.push(stream);
    else {
      // What waits for the server's end may end the process at once: the answer goes out before.
      this.#flush();
      stream.close();
    }
  }

  // --- Writing ---

  readonly #flushNow = (): void => {
    this.#flushes = false;
    this.#flush();
  };

  /** `then`: when the kernel has all of it. */
  #flush(then?: () => void): void {
    const { frames } = this;
    if (this.#tellsLoad) this.#writeLoad();
    if (frames.length === 0) return;
    const socket = this.#socket;
    socket.write(frames.collected(), then);
    frames.reset(socket.writableLength === 0);
    if (socket.writableLength > linkLimits.unsentBytesMax) socket.destroy();
  }

  #writeLoad(): void {
    this.#tellsLoad = false;
    const { load } = this.#host;
    this.frames.load(readInFlight(load), readDelayP99Micros(load), readUtilizationPerMille(load));
  }

  #drained(): void {
    for (const stream of this.#streams.values()) stream.drained();
  }

  // --- Reading ---

  #read(chunk: Buffer): void {
    this.#reading = true;
    let at = 0;
    while (at < chunk.length && this.#state !== "closed") {
      const from = at;
      at = this.#reader.read(chunk, from, chunk.length);
      if (this.#state === "greeting") this.#unprovenBytes += at - from;
      const sound = this.#reader.state !== "broken" && this.#unprovenBytes <= linkLimits.unprovenBytesMax;
      if (!sound || (this.#reader.state === "piece" && !this.#take())) this.#socket.destroy();
      if (this.#socket.destroyed) break;
    }
    this.#reading = false;
    if (this.#entering.length > 0) this.#enter();
    if (this.frames.length > 0 && !this.#flushes) {
      // After the ends of what was answered meanwhile, which Node tells a tick later.
      this.#flushes = true;
      process.nextTick(this.#flushNow);
    }
  }

  /** One frame, or a piece of one. False: it may not come like this. */
  #take(): boolean {
    const { kind, stream: id } = this.#reader;
    if (this.#state === "greeting") return this.#greet();
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
      const reply = this.#greeting.replyTo(text);
      if (reply === undefined) return false;
      this.frames.text(frameKind.hello, 0, 0, reply);
      return true;
    }
    if (kind !== frameKind.proof || !this.#greeting.proves(text)) return false;
    this.#state = "open";
    this.proven = true;
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
    const { last, flags } = this.#reader;
    const parser = this.#parsers.get(id) ?? this.#parser;
    this.#parse(stream, parser);
    if (!this.#streams.has(id)) return true;
    const ends = last && (flags & endFlag) !== 0;
    if (parser.state === "complete") {
      parser.next();
      this.#begin(stream);
    } else if (ends) {
      this.#refuseHead(stream);
      return true;
    }
    return !ends || stream.dataEnded(undefined, true);
  }

  #refuses(): boolean {
    return this.#host.refusing || this.#state === "ending" || this.#streams.size >= linkLimits.streamsMax;
  }

  #open(id: number): RequestStream {
    let stream = this.#idle.pop();
    while (stream?.dead === true) stream = this.#idle.pop();
    if (this.#idle.length < this.#idleMin) this.#idleMin = this.#idle.length;
    stream ??= new RequestStream(this);
    stream.open(id);
    if (this.#streams.size === 0) this.#socket.ref();
    this.#streams.set(id, stream);
    return stream;
  }

  #parse(stream: RequestStream, parser: RequestParser): void {
    const { bytes, from, to } = this.#reader;
    const at = parser.push(bytes as Buffer, from, to);
    if (parser.state === "more" && parser === this.#parser) {
      this.#parsers.set(stream.id, parser);
      this.#parser = new RequestParser(headLimits);
    }
    if (parser.state === "failed" || (parser.state === "complete" && at < to)) {
      parser.next();
      this.#refuseHead(stream);
    } else if (parser.state === "complete") stream.request(parser.head);
  }

  /** What the service's own server says to a head that it does not understand. */
  #refuseHead(stream: RequestStream): void {
    this.frames.text(frameKind.answer, stream.id, endFlag, badRequest);
    stream.lost();
  }

  /** A request that is not to be repeated begins when it is known at the other side that it does. */
  #begin(stream: RequestStream): void {
    if (!stream.once) return stream.begin();
    this.frames.empty(frameKind.entered, stream.id, 0);
    this.#entering.push(stream);
  }

  #enter(): void {
    const entering = this.#entering;
    this.#entering = [];
    let begun = false;
    const begin = (): void => {
      if (begun || this.#state === "closed") return;
      begun = true;
      for (const stream of entering) if (stream.ready) stream.begin();
    };
    this.#flush(begin);
    if (this.#socket.writableLength === 0) begin();
  }

  /** False: it may not come like this. */
  #takeFor(stream: RequestStream): boolean {
    const { kind, bytes, from, to, last, flags } = this.#reader;
    const ends = last && (flags & endFlag) !== 0;
    switch (kind) {
      case frameKind.body:
        return (
          stream.data((bytes as Buffer).subarray(from, to)) && (!ends || stream.dataEnded(undefined, false))
        );
      case frameKind.trailers:
        return this.#takeTrailers(stream);
      case frameKind.credit:
        return to - from === 4 && stream.granted(this.#reader.u32(0));
      default:
        stream.cancelled(to > from ? bytes[from]! : 0);
        return true;
    }
  }

  #takeTrailers(stream: RequestStream): boolean {
    const { bytes, from, to, last } = this.#reader;
    const scanner = this.#trailers.get(stream.id) ?? new TrailerScanner(trailerLimits);
    this.#trailers.set(stream.id, scanner);
    scanner.push(bytes as Buffer, from, to);
    if (!last) return scanner.state === "more";
    scanner.push(crlf, 0, crlf.length);
    return scanner.state === "complete" && stream.dataEnded(scanner, false);
  }

  // --- Ends ---

  #finish(): void {
    if (this.#state !== "ending" && this.#state !== "greeting") return;
    this.#flush();
    this.#socket.end();
    this.#closeIdle();
  }

  #closeIdle(): void {
    for (const stream of this.#idle.splice(0)) stream.close();
  }

  #closed(): void {
    this.#state = "closed";
    for (const stream of this.#streams.values()) stream.lost();
    this.#closeIdle();
    this.#host.closed(this);
  }
}

const crlf = Buffer.from("\r\n");
/** Three frames of the longest: more is not collected, but written. */
const portionBytes = 3 * payloadBytesMax;

/** The proxy, as the service sees it; and itself, as it is called by those who come without a link. */
function peerOf(socket: Socket, server: Server): SocketPeer {
  const { remoteAddress = "", remotePort = 0, remoteFamily = "" } = socket;
  const { localAddress = "", localFamily = "" } = socket;
  const bound = server.address() as AddressInfo | null;
  return {
    remote: { address: remoteAddress, port: remotePort, family: remoteFamily },
    local: { address: localAddress, port: bound?.port ?? 0, family: localFamily ?? "" },
  };
}
