import { isIdempotent } from "../../core/retry/retry.ts";
import type { AnswerHead } from "../../http1/http1.ts";
import {
  cancelCause,
  cannotBeginAt,
  endFlag,
  frameKind,
  initialCreditBytes,
  ReceiveCredit,
  SendCredit,
} from "../../link/link.ts";
import type { AnswerOwner, AnswerReader } from "../workers/answer-reader.ts";
import type { LinkConnection } from "./link-connection.ts";
import type { LinkOutput } from "./link-output.ts";
import { KeptBytes } from "../sockets/kept-bytes.ts";
import type { Asker, CancelCause, Loss, WorkerSide } from "../exchange/sides.ts";

/** What one read of a client may bring. A worker gives credit back at the latest when half of it is used. */
const readBytesMax = initialCreditBytes / 2;

/** So little is joined with what the same stream sent directly before it. */
const joinedBytesMax = 1_024;

const causes: Record<CancelCause, number> = {
  aborted: cancelCause.aborted,
  timeout: cancelCause.timeout,
  stalled: cancelCause.stalled,
  "bad-answer": cancelCause.badAnswer,
  "early-answer": cancelCause.earlyAnswer,
};

/**
 * One request and its answer on a link.
 *
 *   made --request head--> open --answer whole, cancel, loss--> over
 *
 * Invariant: never more bytes are sent than the worker gave credit for, nor held than one turn brought beyond it.
 */
export class LinkStream implements WorkerSide, AnswerOwner {
  readonly reused = false;
  readonly connected = true;
  readonly tellsBeginning = true;
  id = 0;
  /** Something came in this turn: `turnOver` follows. */
  touched = false;
  exchange: Asker | undefined;
  readonly #link: LinkConnection;
  readonly #out: LinkOutput;
  readonly #send = new SendCredit();
  readonly #receive = new ReceiveCredit();
  #entered = false;
  #beginBy = Infinity;
  #reader: AnswerReader | undefined;
  /** The reader is within `take`, or threw there: it is not to be given back. */
  #taking = false;
  #method = "";
  /** Of the request's body, for want of credit. */
  #waiting: KeptBytes | undefined;
  /** Nothing follows, as far as is known; the end itself may still wait. */
  #ended = false;
  #trailers = "";
  #paused = false;
  /** Received, and not yet known to be out of our memory. */
  #unreturned = 0;

  constructor(link: LinkConnection, exchange: Asker) {
    this.#link = link;
    this.#out = link.out;
    this.exchange = exchange;
  }

  /** The link is silent, or its worker out. A request that is not whole yet says by itself when it cannot go on. */
  moveAway(): void {
    if (this.#ended || this.unbegun) this.exchange?.moveAway();
  }

  get unbegun(): boolean {
    return !this.#entered && this.#link.readUpTo >= cannotBeginAt(this.#beginBy);
  }

  // --- The exchange speaks ---

  requestHead(head: string, method: string): void {
    this.#method = method;
    this.#link.opened(this);
    // By the method alone, as the worker does.
    if (!isIdempotent(method))
      this.#beginBy = this.#link.beginLimit.tell(this.exchange?.mayBeGivenBack === true);
    this.#out.frames.text(frameKind.request, this.id, 0, head);
  }

  requestData(bytes: Buffer, from: number, to: number): void {
    if (this.exchange === undefined) return;
    // After the end of a request that asked for it, a tunnel goes on.
    this.#ended = false;
    this.#sendBody(bytes, from, to);
  }

  #sendBody(bytes: Buffer, from: number, to: number): void {
    const now = this.#waiting === undefined ? Math.min(to, from + this.#send.left) : from;
    if (now > from) {
      this.#send.spend(now - from);
      this.#writeBody(bytes, from, now);
      this.#out.flushPortion();
    }
    if (now < to) (this.#waiting ??= new KeptBytes()).add(bytes, now, to);
  }

  /** A client may cut its body into bytes: each of them is not to be a frame. */
  #writeBody(bytes: Buffer, from: number, to: number): void {
    const { frames } = this.#out;
    const joins =
      to - from <= joinedBytesMax && frames.addBytes(frameKind.body, this.id, bytes.subarray(from, to));
    if (!joins) frames.bytes(frameKind.body, this.id, 0, bytes, from, to);
  }

  requestEnd(trailers: string): void {
    if (this.exchange === undefined) return;
    this.#ended = true;
    this.#trailers = trailers;
    if (this.#waiting === undefined) this.#sendEnd();
  }

  #sendEnd(): void {
    const { frames } = this.#out;
    if (this.#trailers === "") frames.end(frameKind.body, this.id);
    else frames.text(frameKind.trailers, this.id, endFlag, this.#trailers);
  }

  flush(): boolean {
    this.#out.flushLater();
    return this.#hasRoom && !this.#out.congested;
  }

  /** For what a read may bring: a client that is not read costs no memory, bytes that wait for credit do. */
  get #hasRoom(): boolean {
    return this.#waiting === undefined && (this.#ended || this.#send.left >= readBytesMax);
  }

  cancel(cause: CancelCause): void {
    if (this.exchange === undefined) return;
    // The client of a tunnel has said its last word: the worker hears it, then the end.
    const tunnel = cause === "aborted" && this.#reader?.tunnel === true;
    this.#over(tunnel ? cancelCause.closed : causes[cause]);
  }

  /** A stream is never used again anyway. */
  spoil(): void {}

  pauseAnswer(): void {
    this.#paused = true;
  }

  resumeAnswer(): void {
    this.#paused = false;
    this.#giveCredit();
  }

  // --- The link speaks ---

  /** False: more than it was allowed. The bytes are valid during the call only. */
  answer(bytes: Buffer, from: number, to: number): boolean {
    const { exchange } = this;
    if (exchange === undefined) return true;
    if (!this.#receive.received(to - from)) return false;
    this.#unreturned += to - from;
    exchange.answerByte();
    if (this.#reader === undefined) {
      this.#reader = this.#link.takeReader();
      this.#reader.begin(this.#method, this);
    }
    this.#taking = true;
    this.#reader.take(exchange, bytes, from, to);
    this.#taking = false;
    // It ended by these bytes.
    if (this.exchange === undefined) this.#giveBackReader();
    return true;
  }

  /** The worker's half is done. */
  answerEnded(): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    const reader = this.#reader;
    if (reader === undefined || !reader.end()) return this.brokenOff();
    const { trailers } = reader;
    this.#over(this.#untold(exchange));
    exchange.answerEnd(trailers);
    exchange.answerTurn();
  }

  /** The handler has begun, or is about to. */
  entered(): void {
    this.#entered = true;
    this.exchange?.workerBegan();
  }

  granted(bytes: number): boolean {
    if (!this.#send.granted(bytes)) return false;
    if (this.exchange !== undefined) this.#sendWaiting(this.exchange);
    return true;
  }

  /** What came in one turn has been handed over. */
  turnOver(): void {
    this.touched = false;
    this.exchange?.answerTurn();
    if (!this.#paused) this.#giveCredit();
  }

  /** There is room on the link again. */
  drained(): void {
    if (this.#hasRoom) this.exchange?.workerDrained();
  }

  /** The link has ended. `wholly`: everything that the worker wrote before was read. */
  linkEnded(wholly: boolean): void {
    // Only of what would have been said to begin.
    const unstarted = wholly && !this.#entered && !isIdempotent(this.#method);
    this.lost(unstarted ? "unstarted" : "lost");
  }

  /** By the worker, which goes on with others. */
  brokenOff(): void {
    if (this.owed !== undefined) this.#link.brokeOff(this.owed);
    this.lost("lost");
  }

  /** Who would get no whole answer if it ended now; a tunnel's was whole. */
  get owed(): Asker | undefined {
    return this.#reader?.tunnel === true ? undefined : this.exchange;
  }

  /** It ended before the answer did. */
  lost(loss: Loss): void {
    const { exchange } = this;
    if (exchange === undefined) return;
    this.#over(undefined);
    exchange.workerLost(loss);
  }

  // --- The reader speaks ---

  answerHead(_head: AnswerHead): void {}

  answerWhole(exchange: Asker, _clean: boolean): void {
    const trailers = this.#reader?.trailers ?? "";
    this.#over(this.#untold(exchange));
    exchange.answerEnd(trailers);
  }

  answerInvalid(exchange: Asker, loss: Loss): void {
    this.#over(cancelCause.badAnswer);
    exchange.workerLost(loss);
  }

  /** Why the worker hears no end of the request. Undefined: it has heard it, which what waits for credit does not tell. */
  #untold({ requestDone }: Asker): number | undefined {
    if (requestDone && this.#waiting === undefined) return undefined;
    return this.#reader?.tunnel === true ? cancelCause.closed : cancelCause.earlyAnswer;
  }

  /** `cause`: the worker is told to stop. */
  #over(cause: number | undefined): void {
    this.exchange = undefined;
    this.#waiting?.clear();
    this.#waiting = undefined;
    this.#link.over(this, cause);
    if (!this.#taking) this.#giveBackReader();
  }

  #giveBackReader(): void {
    if (this.#reader !== undefined) this.#link.giveBackReader(this.#reader);
    this.#reader = undefined;
  }

  #sendWaiting(exchange: Asker): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      for (const chunk of waiting.chunks) this.#sendBody(chunk, 0, chunk.length);
      waiting.clear();
      if (this.#waiting === undefined && this.#ended) this.#sendEnd();
      this.#out.flushLater();
    }
    if (this.#hasRoom) exchange.workerDrained();
  }

  #giveCredit(): void {
    if (this.#unreturned === 0 || this.exchange === undefined) return;
    const back = this.#receive.passedOn(this.#unreturned);
    this.#unreturned = 0;
    if (back === 0) return;
    this.#out.frames.credit(this.id, back);
    this.#out.flushLater();
  }
}
