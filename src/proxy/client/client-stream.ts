import {
  type AnswerHead,
  BodyReader,
  type Origin,
  type RequestId,
  RequestParser,
} from "../../http1/http1.ts";
import type { ProxySettings } from "../../protocol/configuration.ts";
import type { ProblemName } from "../../protocol/problem.ts";
import { hostGoneAfterMs } from "../../runtime/host-gone.ts";
import type { Engine } from "../engine.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { GatewayAnswer } from "../exchange/gateway-answer.ts";
import type { ClientSide } from "../exchange/sides.ts";
import { redirectedRequest, refusedRequest } from "../reports/refused-record.ts";
import type { Outlet } from "../sockets/outlet.ts";
import type { Deadline } from "../timer-wheel.ts";
import type { Accepted } from "./accepted.ts";
import { AnswerWriter } from "./answer-writer.ts";
import { BodyPace } from "./body-pace.ts";

/** The connection that a request came over. */
export interface StreamOwner {
  readonly origin: Origin;
  readonly accepted: Accepted;
  readonly outlet: Outlet;
  readonly deadline: Deadline;
  /** One more has begun. True: it is the last that the connection takes. */
  requestBegun(now: number): boolean;
  /** It is answered, or nobody wants the answer any more; the stream is not used again. `last`: nor is the connection. */
  requestOver(last: boolean): void;
  /** What came behind the request, if anything did. */
  takeAhead(): Buffer | undefined;
  /** The client has taken some of what was written to it since the last look. */
  progressMade(): boolean;
  flush(): boolean;
  cut(): void;
  gone(stalled: boolean): void;
}

/**
 *   head --complete--> exchange --101--> tunnel
 *     \ no valid head, not in time, or not for us: refused
 *
 * How it ends is told to its owner; an exchange ends within the call that ends it, so none outlives its stream.
 */
type Phase = "head" | "exchange" | "tunnel";

/**
 * One request of an HTTP/1.1 client and its answer, as bytes of its connection. Lent to the connection from the request's
 * first byte to the answer's last; one object serves many requests one after the other, of whatever connection.
 */
export class ClientStream implements ClientSide {
  readonly limits: ProxySettings["limits"];
  readonly #engine: Engine;
  readonly #parser: RequestParser;
  readonly #body = new BodyReader("badFraming");
  readonly #pace = new BodyPace();
  readonly #answer: AnswerWriter;
  #owner!: StreamOwner;
  #phase: Phase = "head";
  #exchange: Exchange | undefined;
  /** Since when a head comes that took more than one read. */
  #startedAt = Infinity;
  #closeAfter = false;
  /** By the client, with this request. */
  #endAsked = false;
  #answering = false;
  #paused = false;

  constructor(engine: Engine, limits: ProxySettings["limits"]) {
    this.#engine = engine;
    this.limits = limits;
    this.#parser = new RequestParser(limits);
    this.#answer = new AnswerWriter(engine, this.#parser.head);
  }

  /** From now on its bytes are this connection's. */
  serve(owner: StreamOwner): void {
    this.#owner = owner;
    this.#answer.writeTo(owner.outlet, owner.accepted.strictTransport);
  }

  /** False: after an error an exchange was left behind, which still knows this stream. */
  get over(): boolean {
    return this.#exchange === undefined;
  }

  /** Nothing of this request is kept; be ready for the next. */
  reset(): void {
    this.#parser.next();
    this.#phase = "head";
    this.#startedAt = Infinity;
    this.#endAsked = false;
    this.#paused = false;
  }

  /** Nothing of a request has come yet, but perhaps the empty line before it. */
  get unbegun(): boolean {
    return this.#phase === "head" && !this.#parser.started;
  }

  /** Its head is there. */
  get underWay(): boolean {
    return this.#phase !== "head";
  }

  /** What the client sends next is still of this request. */
  get takesMore(): boolean {
    return this.#phase !== "exchange" || !this.#body.done;
  }

  /** The client is not read, as its request cannot be passed on. */
  get paused(): boolean {
    return this.#paused;
  }

  /** The client asked for the end, and has sent its whole request: it says nothing more. Not behind a body: RFC 9112, 2.2. */
  get endsItself(): boolean {
    return this.#endAsked && this.#parser.head.framing === "none" && this.#body.done;
  }

  get origin(): Origin {
    return this.#owner.origin;
  }

  /** No request is to follow this one. */
  closeAfter(): void {
    this.#closeAfter = true;
  }

  // --- What the client sends ---

  /** Takes at least one byte; returns the index after the last byte taken. */
  take(buffer: Buffer, from: number, to: number): number {
    switch (this.#phase) {
      case "head":
        return this.#takeHead(buffer, from, to);
      case "exchange":
        return this.#takeBody(buffer, from, to);
      case "tunnel":
        this.#exchange?.requestData(buffer, from, to);
        return to;
    }
  }

  /** All that came in this turn has been taken. */
  turnOver(): void {
    this.#exchange?.requestTurn();
  }

  #takeHead(buffer: Buffer, from: number, to: number): number {
    const parser = this.#parser;
    const wasStarted = parser.started;
    const at = parser.push(buffer, from, to);
    if (parser.state === "complete") {
      this.#begin();
    } else if (parser.state === "failed") {
      this.#refuse(parser.failure?.problem ?? "badRequest");
      return to;
    } else if (!wasStarted && parser.started) {
      this.#startedAt = this.#engine.wheel.now;
      this.#owner.deadline.setAt(this.#startedAt + this.#engine.rules().settings.timeouts.headMs);
    }
    return at;
  }

  #begin(): void {
    const { now } = this.#engine.wheel;
    const { head } = this.#parser;
    const last = this.#owner.requestBegun(now);
    this.#phase = "exchange";
    this.#answering = false;
    this.#pace.begin(now, this.#arrived);
    this.#endAsked = !head.keepAlive;
    this.#closeAfter = this.#endAsked || last;
    this.#owner.deadline.setAt(now + this.#engine.rules().settings.timeouts.stalledClientMs);
    this.#body.begin(head.framing, head.contentLength);
    // Whether this gateway serves is answered at every door.
    if (this.#owner.accepted.redirectPort !== 0 && head.maxForwards !== 0)
      return this.#refuseWith(this.#redirect());
    if (this.#isMisdirected()) return this.#refuse("misdirected");
    this.#exchange = this.#engine.exchanges.take(this);
    this.#exchange.begin(head, this.#body.done, now);
  }

  /** Bytes below TLS. */
  get #arrived(): number {
    return this.#owner.accepted.transport?.bytesRead ?? 0;
  }

  /** A proxy in front has ended its client's TLS, and names hosts of its own in ours. */
  #isMisdirected(): boolean {
    const { accepted, origin } = this.#owner;
    const { serverName } = accepted;
    return serverName !== "" && this.#parser.head.host !== serverName && !origin.trusted;
  }

  #redirect(): GatewayAnswer {
    const { redirectPort } = this.#owner.accepted;
    return redirectedRequest(this.#engine, this.#parser.head, redirectPort, this.origin, this.#startedAt);
  }

  #takeBody(buffer: Buffer, from: number, to: number): number {
    const body = this.#body;
    const at = body.read(buffer, from, to);
    this.#pace.took(at - from, this.#engine.wheel.now, this.#arrived);
    if (body.failure !== undefined) {
      this.#closeAfter = true;
      this.#exchange?.requestBroken("badFraming", body.failure.detail);
      return to;
    }
    if (body.to > body.from) this.#exchange?.requestData(buffer, body.from, body.to);
    if (body.done) this.#exchange?.requestEnd(body.trailers);
    return at;
  }

  /** Answers what is no valid request, and closes: where the next one would begin is not known. */
  #refuse(problem: ProblemName): void {
    this.#refuseWith(refusedRequest(this.#engine, this.#parser, problem, this.origin, this.#startedAt));
  }

  #refuseWith(answer: GatewayAnswer): void {
    this.#engine.statistics.problem(answer.code);
    this.answerOwn(answer, false);
    this.#owner.requestOver(true);
  }

  // --- What goes to the client ---

  answerInformational(head: AnswerHead): void {
    if (head.status === 100) this.#pace.begin(this.#engine.wheel.now, this.#arrived);
    this.#answer.informational(head);
  }

  answerHead(head: AnswerHead, requestComplete: boolean, requestId: RequestId): void {
    this.#answering = true;
    if (!requestComplete || this.#engine.draining) this.#closeAfter = true;
    const added = this.#exchange?.addedFields(head) ?? "";
    if (!this.#answer.head(head, !this.#closeAfter, requestId, added)) this.#closeAfter = true;
  }

  switchProtocols(head: AnswerHead, requestId: RequestId): void {
    this.#phase = "tunnel";
    this.#closeAfter = true;
    this.#answer.switchProtocols(head, requestId, this.#exchange?.addedFields(head) ?? "");
    // What came behind the request was already meant for the other side.
    const ahead = this.#owner.takeAhead();
    if (ahead !== undefined) this.#exchange?.requestData(ahead, 0, ahead.length);
    this.#exchange?.requestTurn();
  }

  answerData(bytes: Buffer, from: number, to: number): void {
    this.#answer.data(bytes, from, to);
  }

  answerEnd(trailers: string): void {
    this.#answer.end(trailers);
  }

  answerOwn(answer: GatewayAnswer, requestComplete: boolean): void {
    if (!requestComplete) this.#closeAfter = true;
    const headOnly = this.#parser.state === "complete" && this.#parser.head.method === "HEAD";
    this.#answer.own(answer, !this.#closeAfter, headOnly);
  }

  flush(): boolean {
    return this.#owner.flush();
  }

  cut(): void {
    this.#owner.cut();
  }

  pauseRequest(): void {
    this.#paused = true;
    this.#owner.accepted.socket.pause();
  }

  resumeRequest(): void {
    this.#paused = false;
    this.#pace.wasHeldUp(this.#engine.wheel.now);
    this.#owner.accepted.socket.resume();
  }

  exchangeOver(): void {
    if (this.#exchange) this.#engine.exchanges.giveBack(this.#exchange);
    this.#exchange = undefined;
    this.#owner.requestOver(this.#closeAfter || !this.#body.done);
  }

  // --- What happens to the connection ---

  drained(): void {
    this.#exchange?.clientDrained();
  }

  /** Nothing can be answered any more. `stalled`: it was given up for its silence. */
  clientGone(stalled: boolean): void {
    this.#exchange?.clientGone(stalled);
  }

  /** A request that came in part, or is under way, has reached the connection's deadline. */
  timeUp(now: number): void {
    if (this.#phase === "head") return this.#refuse("requestTimeout");
    const { settings } = this.#engine.rules();
    const stalledMs = settings.timeouts.stalledClientMs;
    const { accepted, deadline, outlet } = this.#owner;
    if (outlet.unsent > 0) {
      if (!this.#owner.progressMade()) return this.#owner.gone(true);
    } else if (this.#sendsTooSlowly(now, stalledMs, settings.limits.bodyBytesPerSecondMin) && !this.#reads) {
      this.#closeAfter = true;
      return this.#exchange?.requestBroken("requestTimeout");
    }
    // What lasts longer may wait in silence: the kernel asks whether the client's host is still there.
    accepted.socket.setKeepAlive(true, hostGoneAfterMs);
    deadline.setAt(now + stalledMs);
  }

  /** Both ways are open at once, and the client takes of the answer: what it sends next may well depend on that. */
  get #reads(): boolean {
    return this.#answering && this.#owner.progressMade();
  }

  #sendsTooSlowly(now: number, spanMs: number, bytesPerSecondMin: number): boolean {
    if (this.#body.done || this.#paused || this.#exchange?.awaitsContinue === true) return false;
    return this.#pace.tooSlow(now, spanMs, this.#answering ? 0 : bytesPerSecondMin, this.#arrived);
  }
}
