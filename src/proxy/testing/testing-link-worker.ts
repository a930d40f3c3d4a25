import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import {
  endFlag,
  FrameBuffers,
  frameKind,
  FrameReader,
  FrameWriter,
  linkVersion,
  parseProxyHello,
  parseProxyProof,
  proxyProof,
  workerProof,
} from "../../link/link.ts";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import type { Clock } from "../../runtime/clock.ts";
import { linkProver } from "../../runtime/link-prover.ts";
import { until } from "./testing-peers.ts";

const nonce = "0123456789abcdef0123456789abcdef";

/** What came on one stream, and what the test says on it. */
export class TestStream {
  readonly id: number;
  head = "";
  body = "";
  bodyBytes = 0;
  trailers = "";
  ended = false;
  /** The cause of a cancel. */
  cancelled: number | undefined;
  credit = 0;
  readonly #link: TestLink;

  constructor(link: TestLink, id: number) {
    this.#link = link;
    this.id = id;
  }

  answer(text: string, end = true): void {
    this.#link.write((frames) => frames.text(frameKind.answer, this.id, end ? endFlag : 0, text));
  }

  say(kind: number): void {
    this.#link.write((frames) => frames.empty(kind, this.id, 0));
  }

  giveCredit(bytes: number): void {
    this.#link.write((frames) => frames.credit(this.id, bytes));
  }
}

/** The worker's end of one link. */
export class TestLink {
  readonly socket: Socket;
  readonly streams = new Map<number, TestStream>();
  greeted = false;
  closed = false;
  pings = 0;
  /** What was told, with the id of the stream before. */
  readonly beginBys: { by: number; after: number }[] = [];
  answersPings = false;
  onRequest: (stream: TestStream) => void = () => {};
  /** Some frame of a stream has come. */
  onFrame: (stream: TestStream) => void = () => {};
  readonly #reader = new FrameReader();
  readonly #frames = new FrameWriter(new FrameBuffers());
  readonly #worker: TestLinkWorker;
  #proxyNonce = "";

  constructor(worker: TestLinkWorker, socket: Socket) {
    this.#worker = worker;
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => {});
    socket.on("close", () => (this.closed = true));
  }

  write(make: (frames: FrameWriter) => void): void {
    make(this.#frames);
    this.socket.write(Buffer.from(this.#frames.collected()));
    this.#frames.reset(true);
  }

  /** The n-th stream of this link, from 1. */
  async stream(id: number): Promise<TestStream> {
    await until(() => this.streams.has(id), `stream ${id}`);
    return this.streams.get(id)!;
  }

  #read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      at = this.#reader.read(chunk, at, chunk.length);
      if (this.#reader.state === "broken") throw new Error("the proxy broke the link's rules");
      if (this.#reader.state === "piece") this.#take();
    }
  }

  #take(): void {
    const { kind, bytes, from, to, last, flags } = this.#reader;
    const text = Buffer.from(bytes.subarray(from, to)).toString("latin1");
    if (kind === frameKind.hello) return this.#hello(text);
    if (kind === frameKind.proof) return this.#proof(text);
    if (kind === frameKind.ping) {
      this.pings += 1;
      if (this.answersPings) this.write((frames) => frames.text(frameKind.pong, 0, 0, text));
    }
    if (kind === frameKind.beginBy) {
      this.beginBys.push({ by: this.#reader.f64(), after: this.streams.size });
    }
    if (this.#reader.stream === 0) return;
    const stream = this.#streamOf(this.#reader.stream);
    if (kind === frameKind.request) stream.head += text;
    if (kind === frameKind.trailers) stream.trailers += text;
    if (kind === frameKind.cancel) stream.cancelled = bytes[from];
    if (kind === frameKind.credit) stream.credit += this.#reader.u32(0);
    if (kind === frameKind.body) {
      if (this.#worker.keepBodies) stream.body += text;
      stream.bodyBytes += text.length;
    }
    if (last && (flags & endFlag) !== 0) {
      stream.ended = true;
      this.onRequest(stream);
    }
    this.onFrame(stream);
  }

  #streamOf(id: number): TestStream {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = new TestStream(this, id);
      this.streams.set(id, stream);
    }
    return stream;
  }

  #hello(text: string): void {
    const hello = parseProxyHello(text);
    if (hello === undefined) throw new Error(`no hello: ${text}`);
    this.#proxyNonce = hello.nonce;
    const { streamsMax, provesWith, clock } = this.#worker;
    const proof = workerProof(linkProver(provesWith), hello.nonce, nonce);
    const reply = JSON.stringify({ v: linkVersion, nonce, streamsMax, proof, now: clock?.now() });
    if (this.#worker.greets) this.write((frames) => frames.text(frameKind.hello, 0, 0, reply));
  }

  #proof(text: string): void {
    const proof = parseProxyProof(text)?.proof ?? "";
    const prover = linkProver(this.#worker.key);
    if (!prover.same(proof, proxyProof(prover, this.#proxyNonce, nonce))) throw new Error("a wrong proof");
    this.greeted = true;
  }
}

/** A worker's link port, of which the test says every frame. */
export class TestLinkWorker {
  readonly key = "a".repeat(64);
  /** What its proof is made with. */
  provesWith = this.key;
  streamsMax = 1000;
  /** Unset: it is older than `beginBy`. */
  clock: Pick<Clock, "now"> | undefined;
  greets = true;
  keepBodies = true;
  readonly links: TestLink[] = [];
  onLink: (link: TestLink) => void = () => {};
  readonly #server: Server;

  constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => {
      const link = new TestLink(this, socket);
      this.links.push(link);
      this.onLink(link);
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get address(): LinkAddress {
    return { port: (this.#server.address() as AddressInfo).port, key: this.key };
  }

  /** The n-th link, from 0, when it has been greeted. */
  async link(index = 0): Promise<TestLink> {
    await until(() => this.links[index]?.greeted === true, `link ${index}`);
    return this.links[index]!;
  }

  /** Answers every request with 200 and this text when it is whole. */
  answerAll(body: string): this {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    this.onLink = (link) => (link.onRequest = (stream) => stream.answer(answer));
    return this;
  }

  close(): void {
    this.#server.close();
    for (const link of this.links) link.socket.destroy();
  }
}
