import type { Asker } from "../exchange/sides.ts";
import type { Socket } from "node:net";
import { isLoopbackHost } from "../../core/registry/address.ts";
import { sealedLink } from "../../core/registry/sealed.ts";
import {
  cancelCause,
  endFlag,
  type FrameBuffers,
  frameKind,
  FrameReader,
  streamIdMax,
  StreamTable,
} from "../../link/link.ts";
import type { LinkAddress } from "../../protocol/heartbeat.ts";
import { dial } from "../../runtime/dial.ts";
import { hostGoneAfterMs } from "../../runtime/host-gone.ts";
import type { AnswerReader } from "../workers/answer-reader.ts";
import type { Engine } from "../engine.ts";
import { BeginLimit } from "./begin-limit.ts";
import { LinkGreeting } from "./link-greeting.ts";
import { LinkOutput } from "./link-output.ts";
import { LinkStream } from "./link-stream.ts";
import { LateTurn, type TurnOwner } from "../sockets/late-turn.ts";
import { readBuffer } from "../sockets/read-buffer.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Worker } from "../workers/worker.ts";

/** Greeting included. */
const greetMsMax = 2_000;
/** What came before a reset is there already: it is read in the next turn of the loop. */
const lastWordsMsMax = 1_000;
/** With nothing under way a worker that answers no ping for this long has lost the connection. */
const silenceMsMax = 10_000;

/** What a link means to the worker that it leads to. */
export interface LinkOwner {
  opened(): void;
  /** A ping was. */
  answered(): void;
  /** The worker gives no answer to this request, or no whole one; where the link ends with several on it, that is told of one. */
  brokeOff(lost: Asker): void;
  ended(connection: LinkConnection, end: LinkEnd): void;
}

export interface LinkEnd {
  /** It had been greeted. */
  opened: boolean;
  /** One side had said that it would. */
  expected: boolean;
  /** Requests were on it. */
  busy: boolean;
  reason: string;
}

/**
 *   connecting --> greeting --worker's proof is right--> open --the worker drains--> draining
 *        \             \                                 |  \                           |
 *         \             \                  we need it no more \                         |
 *          \             \                               v     \                        |
 *           \             \                           closing    \                       |
 *            +-------------+-----------------------------+--------+----------------------+--> closed
 *
 * From open, draining and closing it also comes to its end by way of `reset`: a write showed that the worker is gone, and what
 * it said last is still to be read.
 */
type State = "connecting" | "greeting" | "open" | "draining" | "closing" | "reset" | "closed";

/** One connection to a worker that carries many requests. Used once: after its end the owner makes another. */
export class LinkConnection implements TurnOwner {
  readonly out: LinkOutput;
  readonly beginLimit: BeginLimit;
  readonly #engine: Engine;
  readonly #owner: LinkOwner;
  readonly #worker: Worker;
  readonly #socket: Socket;
  readonly #greeting: LinkGreeting;
  /** An end in order means that everything was read. Not by TLS: nobody tells an end of its connection from one made on the way. */
  readonly #endProves: boolean;
  readonly #reader = new FrameReader();
  readonly #streams = new StreamTable<LinkStream>();
  readonly #deadline: Deadline;
  #state: State = "connecting";
  #resetExpected = false;
  #streamsMax = 0;
  #lastId = 0;
  #touched: LinkStream[] = [];
  /** Unset: in clear, each read is a turn. */
  readonly #turn: LateTurn | undefined;
  /** Read since the socket was empty last: see `#resetLosesNothing`. */
  #burstBytes = 0;
  #heardAt = 0;
  /** Everything that the worker had written by then was read. */
  readUpTo = -Infinity;
  #pingedAt = Infinity;

  constructor(engine: Engine, owner: LinkOwner, worker: Worker, address: LinkAddress, buffers: FrameBuffers) {
    this.#engine = engine;
    this.#owner = owner;
    this.#worker = worker;
    this.#greeting = new LinkGreeting(address.key);
    const buffer = readBuffer();
    const onread = { buffer, callback: (length: number): boolean => this.#read(buffer, length) };
    const target = { host: worker.host, port: address.port, serverName: undefined };
    const sealed = sealedLink(worker.host, address) !== undefined;
    const seal = sealed ? { key: address.key, protocol: "skein-link" as const } : undefined;
    const { socket, established } = dial(target, { onread, keepAliveMs: hostGoneAfterMs, seal });
    this.#socket = socket;
    this.#endProves = !sealed;
    this.#turn = sealed ? new LateTurn(engine.sendLater, this) : undefined;
    this.out = new LinkOutput(socket, buffers, (error) => this.#writeRefused(error));
    this.beginLimit = new BeginLimit(engine, this.out.frames, this);
    this.#deadline = new Deadline(engine.wheel, (now) => this.#timeUp(now));
    this.#deadline.setAt(engine.clock.now() + greetMsMax);
    this.#listen(established);
  }

  /** Takes another request. */
  get free(): boolean {
    if (this.#state !== "open" || this.out.full) return false;
    return this.#streams.size < this.#streamsMax && !this.spent;
  }

  /** It has no stream left. */
  get spent(): boolean {
    return this.#lastId >= streamIdMax;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Since when a ping is not answered: what is heard meanwhile may have been sent before. Infinity: none is. */
  get silentSince(): number {
    return this.#pingedAt;
  }

  ping(): void {
    if (this.#pingedAt < Infinity || this.#state === "connecting" || this.#state === "greeting") return;
    this.#pingedAt = this.#engine.wheel.readClock();
    this.out.frames.text(frameKind.ping, 0, 0, "skein---");
    this.out.flushLater();
  }

  stream(exchange: Asker): LinkStream {
    return new LinkStream(this, exchange);
  }

  /** No more requests; closed when those that are on it are over. */
  close(): void {
    if (this.#state === "open" || this.#state === "draining") this.#state = "closing";
    if (this.#streams.size === 0) this.#end("closed", true);
  }

  leave(): void {
    this.close();
    for (const stream of this.#streams.all()) stream.moveAway();
    this.beginLimit.takeBack();
  }

  /** There may be more to read: an `entered` may be among it. */
  get readsOn(): boolean {
    return this.#burstBytes > 0;
  }

  /** What is unbegun now will never begin. */
  moveUnbegun(now: number): void {
    if (this.#state === "closed") return;
    this.readUpTo = now;
    for (const stream of this.#streams.all()) if (stream.unbegun) stream.moveAway();
  }

  // --- Streams ---

  /** The stream's first frame is about to be written. */
  opened(stream: LinkStream): void {
    this.#lastId += 1;
    stream.id = this.#lastId;
    this.#streams.add(stream.id, stream);
  }

  over(stream: LinkStream, cause: number | undefined): void {
    if (!this.#streams.delete(stream.id)) return;
    if (cause !== undefined) {
      this.out.frames.cancel(stream.id, cause);
      this.out.flushLater();
    }
    if (this.#state === "closing" && this.#streams.size === 0) this.#end("closed", true);
  }

  brokeOff(lost: Asker): void {
    this.#owner.brokeOff(lost);
  }

  takeReader(): AnswerReader {
    return this.#engine.answerReaders.take();
  }

  giveBackReader(reader: AnswerReader): void {
    this.#engine.answerReaders.giveBack(reader);
  }

  // --- Reading ---

  #listen(established: "connect" | "secureConnect"): void {
    const socket = this.#socket;
    socket.on(established, () => this.#greet());
    socket.on("drain", () => this.#drained());
    socket.on("end", () => {
      // After a write has told of a reset, reading tells of a mere end.
      if (this.#state === "reset") this.#end("ECONNRESET", this.#resetLosesNothing());
      else this.#end("the worker closed it", this.#endProves);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // A write that fails by way of the stream ends the reading as well, though something may have come.
      this.#end(error.code ?? String(error), error.syscall === "read" && this.#resetLosesNothing());
    });
    socket.on("close", () => this.#end("closed", false));
  }

  #greet(): void {
    if (this.#state !== "connecting") return;
    this.#state = "greeting";
    const hello = this.#greeting.hello(this.#engine.name, this.#engine.clock.now());
    this.out.frames.text(frameKind.hello, 0, 0, hello);
    this.out.flush();
  }

  #read(buffer: Buffer, length: number): boolean {
    this.#heardAt = this.#engine.wheel.readClock();
    this.#burstBytes = length === buffer.length ? this.#burstBytes + length : 0;
    let at = 0;
    while (at < length && this.#state !== "closed") {
      at = this.#reader.read(buffer, at, length);
      if (this.#reader.state === "more") break;
      const sound = this.#reader.state === "piece" && this.#take();
      if (!sound) this.#end("it breaks the link's rules", false);
    }
    if (this.#turn?.goesOn(length) !== true) this.turnOver();
    return true;
  }

  turnOver(): void {
    const touched = this.#touched;
    this.#touched = [];
    for (const stream of touched) stream.turnOver();
  }

  /** One frame, or a piece of one. False: it may not come like this. */
  #take(): boolean {
    const { kind } = this.#reader;
    if (this.#state === "greeting") return kind === frameKind.hello && this.#greeted();
    switch (kind) {
      case frameKind.answer:
        return this.#takeAnswer();
      case frameKind.entered:
      case frameKind.credit:
      case frameKind.cancel:
      case frameKind.refused:
        return this.#takeWord();
      case frameKind.drain:
        if (this.#state === "open") this.#state = "draining";
        return true;
      case frameKind.ping:
        // Who asks and does not read the answers would have them pile up.
        if (this.out.congested) return false;
        this.out.frames.bytes(frameKind.pong, 0, 0, this.#reader.bytes, this.#reader.from, this.#reader.to);
        this.out.flushLater();
        return true;
      case frameKind.load:
        return this.#takeLoad();
      case frameKind.pong:
        this.#pingedAt = Infinity;
        this.#owner.answered();
        return true;
      case frameKind.hello:
      case frameKind.proof:
      case frameKind.request:
      case frameKind.body:
      case frameKind.trailers:
        return false;
      default:
        return true;
    }
  }

  #greeted(): boolean {
    const { bytes, from, to } = this.#reader;
    const text = Buffer.from(bytes.subarray(from, to)).toString("utf8");
    const greeted = this.#greeting.reply(text, this.#engine.clock.now());
    if (greeted === undefined) return false;
    this.out.frames.text(frameKind.proof, 0, 0, greeted.proof);
    this.out.flushLater();
    this.#state = "open";
    this.#streamsMax = greeted.streamsMax;
    this.beginLimit.kept = isLoopbackHost(this.#worker.host) && greeted.hasOurClock;
    this.#deadline.setAt(this.#engine.wheel.now + silenceMsMax);
    this.#owner.opened();
    return true;
  }

  #takeAnswer(): boolean {
    const { stream: id, bytes, from, to, last, flags } = this.#reader;
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#takeLate(id, to - from);
    if (!stream.touched) {
      stream.touched = true;
      this.#touched.push(stream);
    }
    try {
      if (to > from && !stream.answer(bytes as Buffer, from, to)) return false;
      if (last && (flags & endFlag) !== 0) stream.answerEnded();
    } catch (error) {
      this.#engine.logger.error(
        { error: String(error), worker: this.#worker.id },
        "an answer could not be handled",
      );
      if (stream.exchange !== undefined) stream.answerInvalid(stream.exchange, "bad-answer");
    }
    return true;
  }

  /**
   * Of a request that is over: its frames may have been under way. Or the answer goes on beyond its own length, and would wait
   * for credit for ever: the worker is told to stop.
   */
  #takeLate(id: number, bytes: number): boolean {
    if (id > this.#lastId || id === 0) return false;
    if (bytes === 0) return true;
    // It goes on and on, and reads nothing. Not before: what was given up crosses with what was under way at a slow one as well.
    if (this.out.full) return false;
    this.out.frames.cancel(id, cancelCause.badAnswer);
    this.out.flushLater();
    return true;
  }

  /** Comes behind the answers that it tells of: they are not in flight any more, neither there nor here. */
  #takeLoad(): boolean {
    const { from, to } = this.#reader;
    if (to - from < 8) return false;
    // Workers of before do not say how long requests are with them.
    const insideMs = to - from < 16 ? Infinity : this.#reader.u32(12) / 1000;
    this.#worker.tells(this.#reader.u32(0), this.#reader.u32(4) / 1000, insideMs, this.#engine.wheel.now);
    return true;
  }

  #takeWord(): boolean {
    const { kind, stream: id, from, to } = this.#reader;
    const stream = this.#streams.get(id);
    if (stream === undefined) return id <= this.#lastId && id > 0;
    if (kind === frameKind.entered) stream.entered();
    else if (kind === frameKind.refused) stream.lost("given-back");
    else if (kind === frameKind.cancel) stream.brokenOff();
    else return to - from === 4 && stream.granted(this.#reader.u32(0));
    return true;
  }

  #writeRefused(error: NodeJS.ErrnoException): void {
    if (this.#state === "connecting" || this.#state === "greeting")
      return this.#end(error.code ?? String(error), false);
    if (this.#state === "closed") return;
    this.#resetExpected = this.#endsExpected;
    this.#state = "reset";
    this.out.close();
    this.#deadline.setAt(this.#engine.clock.now() + lastWordsMsMax);
  }

  #drained(): void {
    for (const stream of this.#streams.all()) stream.drained();
  }

  // --- Ends ---

  #timeUp(now: number): void {
    if (this.#state === "connecting" || this.#state === "greeting")
      return this.#end("no greeting in time", false);
    if (this.#state === "reset") return this.#end("ECONNRESET", false);
    // What is under way has deadlines of its own, and a worker that is busy may be silent for long.
    const quiet = this.#streams.size === 0 && now - this.#heardAt >= silenceMsMax;
    if (quiet && this.#pingedAt < Infinity) return this.#end("no answer to a ping", false);
    if (quiet) this.ping();
    this.#deadline.setAt(now + silenceMsMax);
  }

  /** `wholly`: everything that the worker wrote before it ended was read. */
  #end(reason: string, wholly: boolean): void {
    if (this.#state === "closed") return;
    const opened = this.#state !== "connecting" && this.#state !== "greeting";
    const expected = this.#endsExpected;
    const busy = this.#streams.size > 0;
    this.#state = "closed";
    this.#deadline.dispose();
    this.beginLimit.dispose();
    this.out.close();
    this.#socket.destroy();
    const owed = expected ? undefined : this.#newestOwed();
    if (owed !== undefined) this.#owner.brokeOff(owed);
    this.#owner.ended(this, { opened, expected, busy, reason });
    for (const stream of this.#streams.all()) stream.linkEnded(wholly);
  }

  /** All that are on it are lost at once, which is one error: of the request that may have caused it. */
  #newestOwed(): Asker | undefined {
    let newest: LinkStream | undefined;
    for (const stream of this.#streams.all())
      if (stream.owed !== undefined && stream.id > (newest?.id ?? 0)) newest = stream;
    return newest?.owed;
  }

  get #endsExpected(): boolean {
    if (this.#state === "reset") return this.#resetExpected;
    return this.#state === "draining" || this.#state === "closing";
  }

  /**
   * A reset throws away what the worker's kernel had not delivered yet: on this host that is nothing, unless our own
   * socket was full; over a network it may be anything.
   */
  #resetLosesNothing(): boolean {
    return this.#burstBytes === 0 && isLoopbackHost(this.#worker.host);
  }
}
