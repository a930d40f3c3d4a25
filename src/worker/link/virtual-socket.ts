import type { ServerResponse } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import type { SocketPeer } from "./socket-peer.ts";

/** What a virtual socket needs of the stream that carries its bytes. */
export interface SocketStream {
  /** A request is on the socket, or its answer. */
  readonly busy: boolean;
  /** Of the real connection. */
  readonly peer: SocketPeer;
  /** Takes all of it at once, or nothing. */
  pass(data: string | Uint8Array, encoding: BufferEncoding | undefined): boolean;
  /** Takes it as there is room for it, then calls `done`; with an error where it was not all taken before the end. */
  write(bytes: Uint8Array, done: WriteCallback): void;
  /** The reader has room again. */
  wanted(): void;
  paused(): void;
  resumed(): void;
  /** Everything of one answer was passed. */
  answered(): void;
  /** Nothing more will be written. */
  ended(): void;
  /** `whole`: nothing that was written is lost. */
  destroyed(whole: boolean): void;
}

export type WriteCallback = (error?: Error | null) => void;

/** Of what waits in a stream. */
interface Piece {
  chunk: string | Uint8Array;
  encoding: BufferEncoding;
}

/**
 * What a service sees as the connection of a request that came over a link: to Node's http server it is one of its
 * sockets, used again for one request after the other. It has no handle; its bytes go to a stream of the link.
 *
 * Invariant: what `write` was given goes out in its order, the short way (`pass`) only where nothing waits.
 */
export class VirtualSocket extends Socket {
  readonly #stream: SocketStream;
  /** Requests are told to Node directly: nothing is read from this socket as from a stream. */
  direct = false;
  #answer: ServerResponse | null = null;
  #timed = false;
  #reset = false;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(stream: SocketStream, highWaterMark: number | undefined) {
    const marks =
      highWaterMark === undefined
        ? {}
        : { readableHighWaterMark: highWaterMark, writableHighWaterMark: highWaterMark };
    // As the sockets of an http.Server are.
    super({ allowHalfOpen: true, ...marks });
    this.#stream = stream;
  }

  // --- What Node's http server does with its sockets ---

  /** The answer that goes over this socket; Node puts it here and takes it away when all of it was written. */
  get _httpMessage(): ServerResponse | null {
    return this.#answer;
  }

  set _httpMessage(answer: ServerResponse | null) {
    // The service detaches what it has not ended, and writes the rest by itself.
    const detached = answer === null && this.#answer?.writableEnded === false;
    this.#answer = answer;
    if (detached) return;
    if (answer === null) this.#stream.answered();
    // How long a connection is kept is not said where the connection is no one's but ours.
    else if ("_removedConnection" in answer) answer._removedConnection = true;
  }

  /** Between two requests no time runs: the socket costs nothing, and the link decides how long it lives. */
  override setTimeout(ms: number, callback?: () => void): this {
    const wantedMs = this.#stream.busy ? ms : 0;
    if (wantedMs === 0 && !this.#timed && callback === undefined) {
      (this as { timeout?: number }).timeout = ms;
      return this;
    }
    this.#timed = wantedMs !== 0;
    return super.setTimeout(wantedMs, callback);
  }

  /** Bytes came or went. */
  touched(read: number, written: number): void {
    this.#bytesRead += read;
    this.#bytesWritten += written;
    if (this.#timed) (this as unknown as { _unrefTimer(): void })._unrefTimer();
  }

  // --- Writing ---

  override write(
    data: string | Uint8Array,
    encoding?: BufferEncoding | null | WriteCallback,
    callback?: WriteCallback,
  ): boolean {
    const isCallback = typeof encoding === "function";
    const done = isCallback ? encoding : callback;
    const coded = isCallback ? undefined : (encoding ?? undefined);
    const sound = typeof data === "string" || data instanceof Uint8Array;
    const nothingWaits = this.writableLength === 0 && !this.writableEnded && !this.destroyed;
    if (sound && nothingWaits && this.#stream.pass(data, coded)) {
      if (typeof done === "function") process.nextTick(done, null);
      return true;
    }
    const room = coded === undefined ? super.write(data, done) : super.write(data, coded, done);
    return this.#waits() ? false : room;
  }

  /**
   * Something waits for room. Node's http server adds up what it gave to the socket and may wait for `drain` where the
   * stream, which never saw what went the short way, would find that there was room all the time.
   */
  #waits(): boolean {
    if (this.writableLength === 0 || this.destroyed) return false;
    (this as unknown as { _writableState: { needDrain: boolean } })._writableState.needDrain = true;
    return true;
  }

  override _write(data: string | Uint8Array, encoding: BufferEncoding, done: WriteCallback): void {
    this.#stream.write(typeof data === "string" ? Buffer.from(data, encoding) : data, done);
  }

  override _writev(pieces: Piece[], done: WriteCallback): void {
    const bytes = pieces
      .filter(({ chunk }) => chunk.length > 0)
      .map(({ chunk, encoding }) => (typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk));
    const [only] = bytes;
    this.#stream.write(bytes.length === 1 && only !== undefined ? only : Buffer.concat(bytes), done);
  }

  override _final(done: () => void): void {
    done();
    this.#stream.ended();
  }

  // --- Reading ---

  override _read(): void {
    this.#stream.wanted();
  }

  override pause(): this {
    if (!this.direct) return super.pause();
    this.#stream.paused();
    return this;
  }

  override resume(): this {
    if (!this.direct) return super.resume();
    this.#stream.resumed();
    return this;
  }

  // --- Ends ---

  override resetAndDestroy(): this {
    this.#reset = true;
    return this.destroy();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stream.destroyed(!this.#reset && this.writableLength === 0);
    const { bytesRead, bytesWritten } = this;
    (this as unknown as { _handle: object })._handle = { bytesRead, bytesWritten, close: aTurnLater };
    super._destroy(error, done);
  }

  // --- Who is there ---

  /** What waits counts as written, as at Node's own. */
  #allWritten(): number {
    if (this.writableLength === 0) return this.#bytesWritten;
    const { writableBuffer } = this as unknown as { writableBuffer: Piece[] };
    return writableBuffer.reduce(
      (sum, { chunk, encoding }) => sum + Buffer.byteLength(chunk, encoding),
      this.#bytesWritten,
    );
  }

  /** What Node's own class would ask its handle. */
  facts(): SocketFacts {
    const { remote, local } = this.#stream.peer;
    return {
      pending: false,
      bufferSize: this.writableLength,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#allWritten(),
      remoteAddress: remote.address,
      remotePort: remote.port,
      remoteFamily: remote.family,
      localAddress: local.address,
      localPort: local.port,
      localFamily: local.family,
    };
  }

  override address(): AddressInfo {
    return this.#stream.peer.local;
  }

  /** The link keeps the process alive while requests are on it. */
  override ref(): this {
    return this;
  }

  override unref(): this {
    return this;
  }

  override setNoDelay(): this {
    return this;
  }

  override setKeepAlive(): this {
    return this;
  }
}

/** As a real handle calls back when it is closed: services see the ends of a request in an order, and count on it. */
function aTurnLater(closed: () => void): void {
  setImmediate(closed);
}

interface SocketFacts {
  pending: boolean;
  bufferSize: number;
  bytesRead: number;
  bytesWritten: number;
  remoteAddress: string;
  remotePort: number;
  remoteFamily: string;
  localAddress: string;
  localPort: number;
  localFamily: string;
}

const facts: (keyof SocketFacts)[] = [
  "pending",
  "bufferSize",
  "bytesRead",
  "bytesWritten",
  "remoteAddress",
  "remotePort",
  "remoteFamily",
  "localAddress",
  "localPort",
  "localFamily",
];
// Accessors in Node too; its types tell them as fields, which a class may not override by accessors.
for (const fact of facts) {
  Object.defineProperty(VirtualSocket.prototype, fact, {
    configurable: true,
    get(this: VirtualSocket) {
      return this.facts()[fact];
    },
  });
}
