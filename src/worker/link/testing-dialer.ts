import { once } from "node:events";
import type { Socket } from "node:net";
import {
  endFlag,
  FrameBuffers,
  frameKind,
  FrameReader,
  FrameWriter,
  linkVersion,
  parseWorkerHello,
  proxyProof,
  SendCredit,
  workerProof,
} from "../../link/link.ts";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import { dial, type Dialled } from "../../runtime/dial.ts";
import { linkProver } from "../../runtime/link-prover.ts";

const nonce = "fedcba9876543210fedcba9876543210";

/** What came back on one stream. */
export class DialedStream {
  readonly id: number;
  readonly #dialer: LinkDialer;
  #pieces: Buffer[] = [];
  /** The worker's half is done. */
  ended = false;
  entered = false;
  refused = false;
  cancelled: number | undefined;
  credit = 0;
  /** Of the answer, as it comes. */
  told: (bytes: Buffer) => void = () => undefined;
  /** Bytes of answers are credited as they come. */
  #reads = true;
  #unread = 0;
  readonly #send = new SendCredit();
  readonly #queue: { bytes: Buffer; end: boolean; trailers?: string }[] = [];

  constructor(dialer: LinkDialer, id: number) {
    this.#dialer = dialer;
    this.id = id;
  }

  get answer(): string {
    return Buffer.concat(this.#pieces).toString("latin1");
  }

  get answerBytes(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  get over(): boolean {
    return this.ended || this.refused || this.cancelled !== undefined || this.#dialer.closed;
  }

  take(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.told(bytes);
    if (this.#reads && bytes.length > 0) this.give(bytes.length);
    else this.#unread += bytes.length;
  }

  /** Gives no more credit, or again. */
  read(on: boolean): void {
    this.#reads = on;
    if (on && this.#unread > 0) this.give(this.#unread);
    if (on) this.#unread = 0;
  }

  give(bytes: number): void {
    this.#dialer.write((frames) => frames.credit(this.id, bytes));
  }

  /** As far as there is credit; the rest when it comes. */
  body(text: string | Buffer, end = false): void {
    const bytes = Buffer.from(text as string);
    this.#queue.push({ bytes, end });
    this.#sendQueue();
  }

  trailers(lines: string): void {
    this.#queue.push({ bytes: Buffer.alloc(0), end: true, trailers: lines });
    this.#sendQueue();
  }

  granted(bytes: number): void {
    this.credit += bytes;
    this.#send.granted(bytes);
    this.#sendQueue();
  }

  #sendQueue(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const { bytes, end, trailers } = next;
      const to = Math.min(bytes.length, this.#send.left);
      const whole = to === bytes.length;
      if (to === 0 && !whole) return;
      this.#send.spend(to);
      const flags = whole && end ? endFlag : 0;
      this.#dialer.write((frames) => {
        if (trailers !== undefined) frames.text(frameKind.trailers, this.id, endFlag, trailers);
        else frames.bytes(frameKind.body, this.id, flags, bytes, 0, to);
      });
      if (whole) this.#queue.shift();
      else next.bytes = bytes.subarray(to);
    }
  }

  cancel(cause: number): void {
    this.#dialer.write((frames) => frames.cancel(this.id, cause));
  }

  /** Until `holds`, or the stream is over. */
  async until(holds: () => boolean): Promise<this> {
    while (!holds() && !this.over) await this.#dialer.news();
    return this;
  }

  async whole(): Promise<string> {
    await this.until(() => false);
    return this.answer;
  }
}

export interface DialWishes {
  greets?: boolean;
  host?: string;
  sealed?: boolean;
}

/** A proxy's end of a link, of which the test says every frame. */
export class LinkDialer {
  readonly socket: Socket;
  readonly streams = new Map<number, DialedStream>();
  readonly #reader = new FrameReader();
  readonly #frames = new FrameWriter(new FrameBuffers());
  readonly #key: string;
  #lastId = 0;
  closed = false;
  draining = false;
  streamsMax = 0;
  pongs: string[] = [];
  loads: number[][] = [];
  /** Kinds of frames in their order, with the stream. */
  readonly heard: string[] = [];
  #waiting: (() => void)[] = [];

  private constructor({ key }: LinkAddress, { socket }: Dialled) {
    this.#key = key;
    this.socket = socket;
    this.socket.on("data", (chunk: Buffer) => this.#read(chunk));
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** Greeted, or as far as `greets` goes. */
  static async dial(
    address: LinkAddress,
    { greets = true, host = "127.0.0.1", sealed = false }: DialWishes = {},
  ): Promise<LinkDialer> {
    const { port, key } = address;
    const seal = { key, protocol: "skein-link" } as const;
    const dialled = dial({ host, port, serverName: undefined }, sealed ? { seal } : {});
    const dialer = new LinkDialer(address, dialled);
    await once(dialer.socket, dialled.established);
    if (greets) await dialer.greet();
    return dialer;
  }

  async greet(): Promise<void> {
    const hello = JSON.stringify({ v: linkVersion, proxy: "proxy-1", nonce });
    this.write((frames) => frames.text(frameKind.hello, 0, 0, hello));
    while (this.streamsMax === 0 && !this.closed) await this.news();
  }

  write(make: (frames: FrameWriter) => void): void {
    make(this.#frames);
    this.socket.write(Buffer.from(this.#frames.collected()));
    this.#frames.reset(true);
  }

  /** Everything that `make` sends goes out in one write. */
  together(make: () => void): void {
    this.socket.cork();
    make();
    this.socket.uncork();
  }

  /** A stream whose frames the test writes itself. */
  open(): DialedStream {
    this.#lastId += 1;
    const stream = new DialedStream(this, this.#lastId);
    this.streams.set(stream.id, stream);
    return stream;
  }

  /** Opens a stream. */
  request(head: string, end = true): DialedStream {
    const stream = this.open();
    this.write((frames) => frames.text(frameKind.request, stream.id, end ? endFlag : 0, head));
    return stream;
  }

  get(path: string): DialedStream {
    return this.request(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
  }

  post(path: string, body: string): DialedStream {
    const stream = this.request(
      `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
      false,
    );
    stream.body(body, true);
    return stream;
  }

  /** Until something came. */
  async news(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds() && !this.closed) await this.news();
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      at = this.#reader.read(chunk, at, chunk.length);
      if (this.#reader.state === "broken") throw new Error("the worker broke the link's rules");
      if (this.#reader.state === "piece") this.#take();
    }
    this.#wake();
  }

  #take(): void {
    const { kind, bytes, from, to, last, flags, stream: id } = this.#reader;
    const piece = Buffer.from(bytes.subarray(from, to));
    if (last) this.heard.push(`${nameOf(kind)} ${id}`);
    if (kind === frameKind.hello) this.#greeted(piece.toString());
    if (kind === frameKind.drain) this.draining = true;
    if (kind === frameKind.pong) this.pongs.push(piece.toString());
    if (kind === frameKind.load)
      this.loads.push([this.#reader.u32(0), this.#reader.u32(4), this.#reader.u32(8), this.#reader.u32(12)]);
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    if (kind === frameKind.answer) {
      stream.take(piece);
      if (last && (flags & endFlag) !== 0) stream.ended = true;
    }
    if (kind === frameKind.entered) stream.entered = true;
    if (kind === frameKind.refused) stream.refused = true;
    if (kind === frameKind.cancel) stream.cancelled = piece[0];
    if (kind === frameKind.credit) stream.granted(this.#reader.u32(0));
  }

  #greeted(text: string): void {
    const hello = parseWorkerHello(text);
    if (hello === undefined) throw new Error(`no hello: ${text}`);
    const prover = linkProver(this.#key);
    if (!prover.same(hello.proof, workerProof(prover, nonce, hello.nonce))) throw new Error("a wrong proof");
    const proof = proxyProof(prover, nonce, hello.nonce);
    this.write((frames) => frames.text(frameKind.proof, 0, 0, JSON.stringify({ proof })));
    this.streamsMax = hello.streamsMax;
  }
}

function nameOf(kind: number): string {
  return Object.entries(frameKind).find(([, value]) => value === kind)?.[0] ?? String(kind);
}
