import type { Socket } from "node:net";
import { Origin } from "../../http1/http1.ts";
import type { ProxySettings } from "../../protocol/configuration.ts";
import type { Engine, LateSender } from "../engine.ts";
import { tellFault } from "../exchange/fault.ts";
import { plainAddress, type TrustedPeers } from "../peer.ts";
import { LateTurn, type TurnOwner } from "../sockets/late-turn.ts";
import { Outlet } from "../sockets/outlet.ts";
import type { SocketOwner } from "../sockets/socket-owner.ts";
import { EmptyRecords } from "../tls/empty-records.ts";
import { WriteProgress } from "../sockets/write-progress.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Accepted } from "./accepted.ts";
import { BytesAhead } from "./bytes-ahead.ts";
import type { ClientStream, StreamOwner } from "./client-stream.ts";

/**
 *   open: one stream after the other --the last answer given--> closing --> closed
 */
type Phase = "open" | "closing" | "closed";

/** After the last answer: this much is taken and thrown away, so that the client can read the answer. */
const lingerBytesMax = 65_536;
const lingerMs = 1_000;
/** Of ten segments, which a connection sends before it hears of the other side (RFC 6928): so much is on its way at once. */
const firstFlightBytes = 14_000;
/**
 * One read may hold a thousand requests that the gateway answers itself, at twenty times their length: after so much it is looked
 * whether their client takes it.
 */
const ownAnswersBytesMax = 16_384;

/** One HTTP/1.1 client connection: requests one after the other, pipelined ones in their order. */
export class ClientConnection implements StreamOwner, SocketOwner, TurnOwner, LateSender {
  /** Among the proxy's connections. */
  slot = -1;
  holder = "";
  clearOf = "";
  origin: Origin;
  readonly accepted: Accepted;
  readonly outlet: Outlet;
  readonly deadline: Deadline;
  readonly #engine: Engine;
  readonly #socket: Socket;
  readonly #onClosed: (connection: ClientConnection) => void;
  readonly #openedAt: number;
  /** By whom `origin` was judged. */
  #trusted: TrustedPeers;
  readonly #records: EmptyRecords | undefined;
  #phase: Phase = "open";
  /** Of the request that comes or is under way; undefined: nothing of one has come. */
  #stream: ClientStream | undefined;
  #requests = 0;
  /** The next answer is its last. */
  #leaving = false;
  #ahead: BytesAhead | undefined;
  /** It goes on with what is ahead: `sendNow` follows. */
  #aheadIsDue = false;
  /** The client has not taken the answers before: the next request waits until it has. */
  #unread = false;
  /** Within the loop over received bytes: what ends there is followed up by the loop itself. */
  #consuming = false;
  /** Unset: in clear, each read is a turn. */
  readonly #turn: LateTurn | undefined;
  #progress: WriteProgress | undefined;
  #lingerBytes = 0;

  constructor(engine: Engine, accepted: Accepted, onClosed: (connection: ClientConnection) => void) {
    const rules = engine.rules();
    const { timeouts } = rules.settings;
    const { socket } = accepted;
    this.#engine = engine;
    this.accepted = accepted;
    this.#socket = socket;
    this.#onClosed = onClosed;
    this.outlet = new Outlet(socket);
    this.#turn = accepted.transport && new LateTurn(engine.sendLater, this);
    this.#records = accepted.transport && new EmptyRecords(accepted.transport, socket);
    this.#trusted = rules.trusted;
    this.origin = originOf(accepted, rules.trusted);
    this.#openedAt = engine.clock.now();
    this.deadline = new Deadline(engine.wheel, (now) => this.#timeUp(now));
    this.deadline.setAt(this.#openedAt + timeouts.idleClientMs);
    accepted.own(socket, this);
  }

  /** Over TLS more comes than any honest client sends, and nothing of it is content. Asked once in a while. */
  get isFlooded(): boolean {
    return this.#records?.areTooMany() === true;
  }

  /** Nothing is under way on it. */
  get idle(): boolean {
    return this.#phase === "open" && (this.#stream?.unbegun ?? true) && this.#ahead === undefined;
  }

  /** Ends it now if it is idle; else after the answer that is under way. */
  drain(): void {
    this.#leaving = true;
    if (this.idle) this.#close();
    else this.#stream?.closeAfter();
  }

  destroy(): void {
    this.gone();
    this.#socket.destroy();
  }

  /** The head of a request is awaited, or comes. */
  get #awaitsHead(): boolean {
    return this.#phase === "open" && (this.#stream === undefined || !this.#stream.underWay);
  }

  // --- What the client sends ---

  received(buffer: Buffer, length: number): boolean {
    this.#engine.wheel.readClock();
    try {
      this.#take(buffer, length);
    } catch (error) {
      this.#failed(error);
    }
    return !this.#socket.isPaused();
  }

  /** A fault of ours costs this connection, and no other: whatever called may be in the middle of another's work. */
  #failed(error: unknown): void {
    tellFault(this.#engine, error);
    this.destroy();
  }

  #take(buffer: Buffer, length: number): void {
    switch (this.#phase) {
      case "open":
        if (this.#waitsItsTurn) return this.#holdAhead(buffer, 0, length);
        return this.#consume(buffer, length);
      case "closing":
        this.#lingerBytes += length;
        if (this.#lingerBytes > lingerBytesMax) this.destroy();
        return;
      case "closed":
        return;
    }
  }

  /** What comes now is of a request behind the one that is under way, or behind others that wait. */
  get #waitsItsTurn(): boolean {
    return this.#unread || this.#ahead !== undefined || this.#stream?.takesMore === false;
  }

  #consume(buffer: Buffer, length: number): void {
    let at = 0;
    this.#consuming = true;
    try {
      while (at < length && this.#phase === "open" && !this.#unread) {
        const stream = (this.#stream ??= this.#newStream());
        if (!stream.takesMore) break;
        at = stream.take(buffer, at, length);
        if (this.#stream === undefined && this.outlet.collected > ownAnswersBytesMax) this.#flushAnswers();
      }
    } finally {
      this.#consuming = false;
    }
    const underWay = this.#stream?.underWay === true;
    if (at < length && (underWay || this.#unread)) this.#holdAhead(buffer, at, length);
    if (underWay && this.#turn?.goesOn(length)) return;
    this.turnOver();
  }

  turnOver(): void {
    if (this.#stream?.underWay) this.#stream.turnOver();
    this.#flushAnswers();
  }

  #newStream(): ClientStream {
    const stream = this.#engine.clientStreams.take();
    stream.serve(this);
    return stream;
  }

  #forgetStream(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#stream = undefined;
    if (!stream.over) return;
    stream.reset();
    this.#engine.clientStreams.giveBack(stream);
  }

  /** Answers that nobody reads must not pile up: from the next request on, its client waits for itself. */
  #flushAnswers(): void {
    const taken = this.flush();
    if (taken || !this.#awaitsHead) return;
    this.#unread = true;
    this.deadline.setAt(this.#engine.wheel.now + this.#timeouts.stalledClientMs);
  }

  /** The next request came before the answer to this one: it waits. */
  #holdAhead(buffer: Buffer, from: number, to: number): void {
    this.#ahead ??= new BytesAhead();
    this.#ahead.hold(buffer, from, to);
    if (this.#ahead.full) this.#socket.pause();
  }

  takeAhead(): Buffer | undefined {
    const ahead = this.#ahead;
    if (ahead === undefined) return undefined;
    this.#ahead = undefined;
    if (ahead.full && this.#stream?.paused !== true) this.#socket.resume();
    return ahead.all;
  }

  /**
   * The next request begins when the sockets have been read, and never within the end of the one before: that may have come
   * while another client's request, a worker's answer or a deadline was dealt with.
   */
  #goOnAhead(): void {
    if (this.#ahead === undefined || this.#aheadIsDue) return;
    this.#aheadIsDue = true;
    this.#engine.sendLater.add(this);
  }

  sendNow(): void {
    this.#aheadIsDue = false;
    try {
      if (!this.#awaitsHead || this.#unread) return;
      const bytes = this.takeAhead();
      if (bytes !== undefined) this.#consume(bytes, bytes.length);
    } catch (error) {
      this.#failed(error);
    }
  }

  // --- What its streams tell ---

  requestBegun(now: number): boolean {
    this.#requests += 1;
    const { settings, trusted } = this.#engine.rules();
    const { limits } = settings;
    if (trusted !== this.#trusted) this.#trustAnew(trusted);
    return (
      this.#engine.draining ||
      this.#leaving ||
      this.#requests >= limits.requestsPerConnectionMax ||
      now - this.#openedAt >= limits.connectionAgeMsMax
    );
  }

  /** Whom the gateway trusts was changed since the connection was opened, or since its last request. */
  #trustAnew(trusted: TrustedPeers): void {
    this.#trusted = trusted;
    this.origin = originOf(this.accepted, trusted);
  }

  requestOver(last: boolean): void {
    if (this.#phase === "closed") return this.#forgetStream();
    if (this.#stream?.paused) this.#socket.resume();
    if (last) return this.#close(true);
    this.#forgetStream();
    this.deadline.setAt(this.#engine.wheel.now + this.#timeouts.idleClientMs);
    if (this.#consuming) return;
    this.#flushAnswers();
    this.#goOnAhead();
  }

  flush(): boolean {
    return this.#phase === "closed" || this.outlet.flush();
  }

  cut(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.outlet.flush();
    // Below TLS, that is: its own end would look like one that was meant.
    (this.accepted.transport ?? this.#socket).resetAndDestroy();
    this.#socket.destroy();
    this.#forget();
  }

  progressMade(): boolean {
    this.#progress ??= new WriteProgress(this.#socket);
    return this.#progress.made();
  }

  drained(): void {
    if (!this.#unread) return this.#stream?.drained();
    this.#unread = false;
    const { headMs, idleClientMs } = this.#timeouts;
    this.deadline.setAt(this.#engine.clock.now() + (this.#stream?.unbegun === false ? headMs : idleClientMs));
    this.#goOnAhead();
  }

  // --- Ends ---

  /** The client has ended its half. Half-open clients are not waited for: a request under way is cancelled. */
  ended(): void {
    // What it was sent before is still on its way to it; after the last answer our own end follows anyway.
    if (this.#awaitsHead) this.#close();
    else if (this.#phase !== "closing") this.gone();
  }

  /** Nothing more is answered. What the client still sends is thrown away, for a moment, or while it may take its answer. */
  #close(behindAnswer = false): void {
    this.#phase = "closing";
    this.#unread = false;
    this.outlet.flush();
    if (this.#nothingFollows()) return this.destroy();
    this.#forgetStream();
    this.#ahead = undefined;
    this.#socket.resume();
    this.#socket.end();
    const waits = behindAnswer && this.#mayBeOnItsWay && !this.#engine.draining;
    this.deadline.setAt(this.#engine.clock.now() + (waits ? this.#timeouts.stalledClientMs : lingerMs));
  }

  /**
   * The client says nothing more, and all is on its way to it: there is nothing to wait for. What the kernel still holds is lost
   * with the first byte that comes after all, and takes its memory without being counted as a connection.
   */
  #nothingFollows(): boolean {
    const asked = this.#stream?.endsItself ?? false;
    return asked && this.accepted.transport === undefined && !this.#mayBeOnItsWay;
  }

  /** Some of the answers may not be with the client yet: nobody tells when they are. */
  get #mayBeOnItsWay(): boolean {
    return this.outlet.unsent > 0 || this.#socket.bytesWritten > firstFlightBytes;
  }

  /** `stalled`: it was given up for its silence. */
  gone(stalled = false): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#stream?.clientGone(stalled);
    this.#forgetStream();
    this.#forget();
    this.#socket.destroy();
  }

  #forget(): void {
    this.deadline.dispose();
    this.#onClosed(this);
  }

  #timeUp(now: number): void {
    try {
      this.#judge(now);
    } catch (error) {
      this.#failed(error);
    }
  }

  #judge(now: number): void {
    switch (this.#phase) {
      case "open":
        if (this.#unread) return this.#judgeReader(now);
        if (this.#stream === undefined || this.#stream.unbegun) return this.#close();
        if (this.#ahead?.full === true) return this.#judgeUnheard(now);
        return this.#stream.timeUp(now);
      case "closing":
        return this.#judgeReader(now);
      case "closed":
    }
  }

  /**
   * Who has sent so much ahead is not read, so that nobody would see it go: it must take something of its answer. An answer
   * that is silent for so long ends with it; who waits for such a one does not fill the way behind it.
   */
  #judgeUnheard(now: number): void {
    if (!this.progressMade()) return this.gone(true);
    this.deadline.setAt(now + this.#timeouts.stalledClientMs);
  }

  /** A slow reader of the last answers gets its time, as long as it reads. */
  #judgeReader(now: number): void {
    if (this.outlet.unsent === 0 || !this.progressMade()) return this.destroy();
    this.deadline.setAt(now + this.#timeouts.stalledClientMs);
  }

  get #timeouts(): ProxySettings["timeouts"] {
    return this.#engine.rules().settings.timeouts;
  }
}

function originOf({ address, protocol }: Accepted, trusted: TrustedPeers): Origin {
  const plain = plainAddress(address);
  return new Origin(plain, protocol, trusted.trusts(plain) ? trusted : undefined);
}
