import type { Socket } from "node:net";
import {
  type AnswerHead,
  answerFraming,
  BodyReader,
  chunkHead,
  chunkTail,
  type Framing,
  lastChunk,
  Origin,
  type RequestId,
  RequestParser,
  strictTransportField,
  writeAnswerHead,
  writeOwnAnswer,
} from "../../http1/http1.ts";
import type { ProblemName } from "../../protocol/problem.ts";
import type { Accepted } from "./accepted.ts";
import { BodyPace } from "./body-pace.ts";
import type { Engine } from "../engine.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { GatewayAnswer } from "../exchange/gateway-answer.ts";
import { hostGoneAfterMs } from "../../runtime/host-gone.ts";
import { Outlet } from "../sockets/outlet.ts";
import { plainAddress } from "../peer.ts";
import { redirectToHttps } from "./redirect.ts";
import type { ClientSide } from "../exchange/sides.ts";
import type { SocketOwner } from "../sockets/socket-owner.ts";
import { refusedRequest } from "../reports/refused-record.ts";
import { Deadline } from "../timer-wheel.ts";
import { WriteProgress } from "../sockets/write-progress.ts";

/**
 *   head <-----------------------------+
 *     | head complete                  | both halves done, another request allowed
 *     v                                |
 *   exchange --------------------------+
 *     |   \--(101)--> tunnel
 *     v last answer given
 *   closing --> closed
 */
type Phase = "head" | "exchange" | "tunnel" | "closing" | "closed";

/** Requests that come before their turn wait here; beyond it the socket is not read. */
const aheadBytesMax = 65_536;
/** After the last answer: this much is taken and thrown away, so that the client can read the answer. */
const lingerBytesMax = 65_536;
const lingerMs = 1_000;

/** In place of a parser while nothing of a request has come. */
const noParser = new RequestParser({ headBytesMax: 0, fieldsMax: 0, targetBytesMax: 0 });

/** One HTTP/1.1 client connection: requests one after the other, pipelined ones in their order. */
export class ClientConnection implements ClientSide, SocketOwner {
  /** Among the proxy's connections. */
  slot = -1;
  holder = "";
  readonly origin: Origin;
  readonly #engine: Engine;
  readonly #socket: Socket;
  readonly #accepted: Accepted;
  readonly #onClosed: (connection: ClientConnection) => void;
  readonly #outlet: Outlet;
  #parser = noParser;
  readonly #body = new BodyReader("badFraming");
  /** While a request is under way. */
  #exchange: Exchange | undefined;
  readonly #deadline: Deadline;
  #progress: WriteProgress | undefined;
  readonly #pace = new BodyPace();
  readonly #openedAt: number;
  #phase: Phase = "head";
  #requests = 0;
  /** Since when a head comes that took more than one read. */
  #startedAt = Infinity;
  #framing: Framing = "none";
  #closeAfter = false;
  /** By the client, with its last request. */
  #endAsked = false;
  /** What came before its turn. */
  #ahead: Buffer[] | undefined;
  #aheadBytes = 0;
  /** The client has not taken the answers before: the next request waits until it has. */
  #unread = false;
  /** Within the loop over received bytes: what ends there is followed up by the loop itself. */
  #consuming = false;
  #requestPaused = false;
  #answering = false;
  #lingerBytes = 0;

  constructor(engine: Engine, accepted: Accepted, onClosed: (connection: ClientConnection) => void) {
    const rules = engine.rules();
    const { timeouts } = rules.settings;
    const address = plainAddress(accepted.address);
    const { socket } = accepted;
    this.#engine = engine;
    this.#accepted = accepted;
    this.#socket = socket;
    this.#onClosed = onClosed;
    this.#outlet = new Outlet(socket);
    this.origin = new Origin(address, accepted.protocol, rules.trusted.trusts(address));
    this.#openedAt = engine.clock.now();
    this.#deadline = new Deadline(engine.wheel, (now) => this.#timeUp(now));
    this.#deadline.setAt(this.#openedAt + timeouts.idleClientMs);
    accepted.own(socket, this);
  }

  /** Nothing is under way on it. */
  get idle(): boolean {
    return this.#phase === "head" && !this.#parser.started && this.#ahead === undefined;
  }

  /** Ends it now if it is idle; else after the answer that is under way. */
  drain(): void {
    if (this.idle) this.#close();
    else this.#closeAfter = true;
  }

  destroy(): void {
    this.gone();
    this.#socket.destroy();
  }

  // --- What the client sends ---

  received(buffer: Buffer, length: number): boolean {
    this.#engine.wheel.readClock();
    try {
      this.#take(buffer, length);
    } catch (error) {
      this.#engine.logger.error(
        { error: String(error) },
        "a request could not be handled; its connection is cut",
      );
      this.#engine.statistics.problem("internal");
      this.destroy();
    }
    return !this.#socket.isPaused();
  }

  #take(buffer: Buffer, length: number): void {
    switch (this.#phase) {
      case "tunnel":
        this.#exchange?.requestData(buffer, 0, length);
        return this.#exchange?.requestTurn();
      case "exchange":
        if (this.#body.done) return this.#holdAhead(buffer, 0, length);
        return this.#consume(buffer, length);
      case "head":
        return this.#unread ? this.#holdAhead(buffer, 0, length) : this.#consume(buffer, length);
      case "closing":
        this.#lingerBytes += length;
        if (this.#lingerBytes > lingerBytesMax) this.destroy();
        return;
      case "closed":
        return;
    }
  }

  #consume(buffer: Buffer, length: number): void {
    this.#consuming = true;
    let at = 0;
    while (at < length) {
      if (this.#phase === "head") at = this.#takeHead(buffer, at, length);
      else if (this.#phase === "exchange" && !this.#body.done) at = this.#takeBody(buffer, at, length);
      else break;
    }
    this.#consuming = false;
    if (this.#phase === "exchange") {
      if (at < length) this.#holdAhead(buffer, at, length);
      this.#exchange?.requestTurn();
    }
    this.#flushAnswers();
  }

  /** Answers that nobody reads must not pile up: from the next request on, its client waits for itself. */
  #flushAnswers(): void {
    const taken = this.flush();
    if (taken || this.#phase !== "head") return;
    this.#unread = true;
    this.#deadline.setAt(this.#engine.wheel.now + this.#timeouts.stalledClientMs);
  }

  #takeHead(buffer: Buffer, from: number, to: number): number {
    if (this.#parser === noParser) this.#parser = this.#engine.requestParsers.take();
    const parser = this.#parser;
    const wasStarted = parser.started;
    const at = parser.push(buffer, from, to);
    if (parser.state === "complete") {
      this.#beginExchange();
    } else if (parser.state === "failed") {
      this.#refuse(parser.failure?.problem ?? "badRequest");
      return to;
    } else if (!wasStarted && parser.started) {
      this.#startedAt = this.#engine.wheel.now;
      this.#deadline.setAt(this.#startedAt + this.#timeouts.headMs);
    }
    return at;
  }

  #beginExchange(): void {
    const { now } = this.#engine.wheel;
    const { head } = this.#parser;
    this.#requests += 1;
    this.#phase = "exchange";
    this.#answering = false;
    this.#pace.begin(now);
    this.#endAsked = !head.keepAlive;
    this.#closeAfter = this.#endAsked || this.#isLastRequest(now);
    this.#deadline.setAt(now + this.#timeouts.stalledClientMs);
    this.#body.begin(head.framing, head.contentLength);
    if (this.#accepted.redirectPort !== 0) return this.#refuseWith(this.#redirect());
    if (this.#isMisdirected()) return this.#refuse("misdirected");
    this.#exchange = this.#engine.exchanges.take(this);
    this.#exchange.begin(head, this.#body.done, now);
  }

  /** A proxy in front has ended its client's TLS, and names hosts of its own in ours. */
  #isMisdirected(): boolean {
    const { serverName } = this.#accepted;
    return serverName !== "" && this.#parser.head.host !== serverName && !this.origin.trusted;
  }

  #redirect(): GatewayAnswer {
    return redirectToHttps(this.#parser.head, this.#accepted.redirectPort, this.#engine.requestIds.next());
  }

  #isLastRequest(now: number): boolean {
    const { limits } = this.#engine.rules().settings;
    return (
      this.#engine.draining ||
      this.#requests >= limits.requestsPerConnectionMax ||
      now - this.#openedAt >= limits.connectionAgeMsMax
    );
  }

  #takeBody(buffer: Buffer, from: number, to: number): number {
    const body = this.#body;
    const at = body.read(buffer, from, to);
    this.#pace.took(at - from, this.#engine.wheel.now);
    if (body.failure !== undefined) {
      this.#closeAfter = true;
      this.#exchange?.requestBroken("badFraming", body.failure.detail);
      return to;
    }
    if (body.to > body.from) this.#exchange?.requestData(buffer, body.from, body.to);
    if (body.done) this.#exchange?.requestEnd(body.trailers);
    return at;
  }

  /** The next request came before the answer to this one: it waits. */
  #holdAhead(buffer: Buffer, from: number, to: number): void {
    this.#ahead ??= [];
    this.#ahead.push(Buffer.from(buffer.subarray(from, to)));
    this.#aheadBytes += to - from;
    if (this.#aheadBytes >= aheadBytesMax) this.#socket.pause();
  }

  #consumeAhead(): void {
    while (this.#ahead !== undefined && this.#phase === "head" && !this.#unread) {
      const chunk = this.#ahead.length === 1 ? this.#ahead[0] : Buffer.concat(this.#ahead);
      const wasPaused = this.#aheadBytes >= aheadBytesMax;
      this.#ahead = undefined;
      this.#aheadBytes = 0;
      if (wasPaused) this.#socket.resume();
      if (chunk) this.#consume(chunk, chunk.length);
    }
  }

  /** Answers what is no valid request, and closes: where the next one would begin is not known. */
  #refuse(problem: ProblemName): void {
    this.#refuseWith(
      refusedRequest(this.#engine, this.#parser, problem, this.origin.address, this.#startedAt),
    );
  }

  #refuseWith(answer: GatewayAnswer): void {
    this.#requests += 1;
    this.#phase = "exchange";
    this.#engine.statistics.problem(answer.code);
    this.answerOwn(answer, false);
    this.#close();
  }

  // --- What goes to the client ---

  answerInformational(head: AnswerHead): void {
    if (this.#parser.head.minor === 0) return;
    this.#outlet.text(this.#headText(head, "none", true, undefined));
  }

  answerHead(head: AnswerHead, requestComplete: boolean, requestId: RequestId): void {
    this.#answering = true;
    this.#framing = answerFraming(head, this.#parser.head.minor);
    if (!requestComplete || this.#framing === "close" || this.#engine.draining) this.#closeAfter = true;
    this.#outlet.text(this.#headText(head, this.#framing, !this.#closeAfter, requestId));
  }

  switchProtocols(head: AnswerHead, requestId: RequestId): void {
    this.#phase = "tunnel";
    this.#framing = "none";
    this.#closeAfter = true;
    this.#outlet.text(this.#headText(head, "none", true, requestId));
    // What came behind the request was already meant for the other side.
    const ahead = this.#ahead ?? [];
    this.#ahead = undefined;
    this.#aheadBytes = 0;
    for (const chunk of ahead) this.#exchange?.requestData(chunk, 0, chunk.length);
    this.#exchange?.requestTurn();
    this.#socket.resume();
  }

  #headText(
    head: AnswerHead,
    framing: Framing,
    keepAlive: boolean,
    requestId: RequestId | undefined,
  ): string {
    const date = this.#engine.httpDate();
    return writeAnswerHead(head, {
      clientMinor: this.#parser.head.minor,
      framing,
      keepAlive,
      requestId,
      date,
      strictTransport: this.#accepted.strictTransport,
      added: head.informational && head.status !== 101 ? "" : (this.#exchange?.addedFields(head) ?? ""),
    });
  }

  answerData(bytes: Buffer, from: number, to: number): void {
    const chunked = this.#framing === "chunked" && this.#phase !== "tunnel";
    if (chunked) this.#outlet.text(chunkHead(to - from));
    this.#outlet.bytes(bytes, from, to);
    if (chunked) this.#outlet.text(chunkTail);
  }

  answerEnd(trailers: string): void {
    if (this.#framing === "chunked" && this.#phase === "exchange") this.#outlet.text(lastChunk(trailers));
  }

  answerOwn(answer: GatewayAnswer, requestComplete: boolean): void {
    if (!requestComplete) this.#closeAfter = true;
    const { status, body } = answer;
    const { strictTransport } = this.#accepted;
    const fields =
      strictTransport === "" ? answer.fields : [...answer.fields, strictTransportField(strictTransport)];
    const headOnly = this.#parser.state === "complete" && this.#parser.head.method === "HEAD";
    this.#outlet.text(writeOwnAnswer({ status, fields, body, keepAlive: !this.#closeAfter, headOnly }));
  }

  cut(): void {
    this.#phase = "closed";
    this.#outlet.flush();
    // Below TLS, that is: its own end would look like one that was meant.
    (this.#accepted.transport ?? this.#socket).resetAndDestroy();
    this.#socket.destroy();
    this.#forget();
  }

  flush(): boolean {
    return this.#phase === "closed" || this.#outlet.flush();
  }

  pauseRequest(): void {
    this.#requestPaused = true;
    this.#socket.pause();
  }

  resumeRequest(): void {
    this.#requestPaused = false;
    this.#pace.wasHeldUp(this.#engine.wheel.now);
    this.#socket.resume();
  }

  exchangeOver(): void {
    if (this.#exchange) this.#engine.exchanges.giveBack(this.#exchange);
    this.#exchange = undefined;
    if (this.#phase === "closed") return;
    if (this.#requestPaused) this.resumeRequest();
    if (this.#closeAfter || !this.#body.done) return this.#close();
    this.#forgetHead();
    this.#phase = "head";
    this.#deadline.setAt(this.#engine.wheel.now + this.#timeouts.idleClientMs);
    if (this.#consuming) return;
    this.#flushAnswers();
    this.#consumeAhead();
  }

  #forgetHead(): void {
    if (this.#parser === noParser) return;
    this.#parser.next();
    this.#startedAt = Infinity;
    this.#engine.requestParsers.giveBack(this.#parser);
    this.#parser = noParser;
  }

  drained(): void {
    if (!this.#unread) return this.#exchange?.clientDrained();
    this.#unread = false;
    const { headMs, idleClientMs } = this.#timeouts;
    this.#deadline.setAt(this.#engine.clock.now() + (this.#parser.started ? headMs : idleClientMs));
    this.#consumeAhead();
  }

  // --- Ends ---

  /** The client has ended its half. Half-open clients are not waited for: a request under way is cancelled. */
  ended(): void {
    // What it was sent before is still on its way to it; after the last answer our own end follows anyway.
    if (this.#phase === "head") this.#close();
    else if (this.#phase !== "closing") this.gone();
  }

  /** The last answer is given. What the client still sends is thrown away, for a moment. */
  #close(): void {
    this.#phase = "closing";
    this.#unread = false;
    this.#outlet.flush();
    if (this.#nothingFollows()) return this.destroy();
    this.#forgetHead();
    this.#ahead = undefined;
    this.#socket.resume();
    this.#socket.end();
    this.#deadline.setAt(this.#engine.clock.now() + lingerMs);
  }

  /** The client asked for the end, so it says nothing more, and all is on its way to it: there is nothing to wait for. */
  #nothingFollows(): boolean {
    const asked = this.#endAsked && this.#body.done;
    return asked && this.#outlet.unsent === 0 && this.#accepted.transport === undefined;
  }

  /** `stalled`: it was given up for its silence. */
  gone(stalled = false): void {
    if (this.#phase === "closed") return;
    const under = this.#phase === "exchange" || this.#phase === "tunnel";
    this.#phase = "closed";
    if (under) this.#exchange?.clientGone(stalled);
    this.#forget();
    this.#socket.destroy();
  }

  #forget(): void {
    this.#forgetHead();
    this.#deadline.dispose();
    this.#onClosed(this);
  }

  #timeUp(now: number): void {
    switch (this.#phase) {
      case "head":
        if (this.#unread) return this.#judgeReader(now);
        return this.#parser.started ? this.#refuse("requestTimeout") : this.#close();
      case "exchange":
      case "tunnel":
        return this.#judgeExchange(now);
      case "closing":
        return this.#judgeReader(now);
      case "closed":
    }
  }

  /** A slow reader of the last answers gets its time, as long as it reads. */
  #judgeReader(now: number): void {
    if (this.#outlet.unsent === 0 || !this.#progressMade()) return this.destroy();
    this.#deadline.setAt(now + this.#timeouts.stalledClientMs);
  }

  #progressMade(): boolean {
    this.#progress ??= new WriteProgress(this.#socket);
    return this.#progress.made();
  }

  #judgeExchange(now: number): void {
    const stalledMs = this.#timeouts.stalledClientMs;
    if (this.#outlet.unsent > 0) {
      if (!this.#progressMade()) return this.gone(true);
    } else if (
      !this.#body.done &&
      !this.#requestPaused &&
      this.#pace.tooSlow(now, stalledMs, this.#paceMin)
    ) {
      this.#closeAfter = true;
      return this.#exchange?.requestBroken("requestTimeout");
    }
    // What lasts longer may wait in silence: the kernel asks whether the client's host is still there.
    this.#socket.setKeepAlive(true, hostGoneAfterMs);
    this.#deadline.setAt(now + stalledMs);
  }

  /** Bytes a second. Where both ways are open at once, the body may well wait for the answer. */
  get #paceMin(): number {
    return this.#answering ? 0 : this.#engine.rules().settings.limits.bodyBytesPerSecondMin;
  }

  get #timeouts(): ReturnType<Engine["rules"]>["settings"]["timeouts"] {
    return this.#engine.rules().settings.timeouts;
  }
}
