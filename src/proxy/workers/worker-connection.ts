import type { Socket } from "node:net";
import { type AnswerHead, chunkHead, chunkTail, lastChunk } from "../../http1/http1.ts";
import type { AnswerOwner, AnswerReader } from "./answer-reader.ts";
import { type Dialler, Dialling, type DialLoss } from "./dialling.ts";
import type { Engine } from "../engine.ts";
import { LateTurn, type TurnOwner } from "../sockets/late-turn.ts";
import { Outlet } from "../sockets/outlet.ts";
import { taintAfterAnswer } from "./reuse.ts";
import type { Asker, CancelCause, Loss, WorkerSide } from "../exchange/sides.ts";
import type { PoisonCause } from "../reports/statistics.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Worker } from "./worker.ts";

/** What the pool does about connections. */
export interface ConnectionKeeper {
  /** It is clean and may take another request. */
  released(connection: WorkerConnection): void;
  /** The worker took the connection. */
  connected(worker: Worker): void;
  /** It could not be made: nobody listens there, or nobody who is trusted. */
  refused(worker: Worker): void;
  /** It could not be made for a while, `since` then. */
  slow(worker: Worker, since: number): void;
  /** It could not be made in all the time that there was for it. */
  timedOut(worker: Worker, since: number, exchange: Asker | undefined): void;
  /** The worker ended it. `lost`: whose request was on it. */
  ended(connection: WorkerConnection, lost: Asker | undefined, reset: boolean): void;
}

/**
 *   connecting --> busy <--> idle --> closed
 *        |           |                  ^
 *        +-----------+------------------+
 */
type State = "connecting" | "busy" | "idle" | "closed";

/** One HTTP/1.1 connection to a worker: one request at a time, many one after the other. */
export class WorkerConnection implements WorkerSide, AnswerOwner, TurnOwner, Dialler {
  readonly worker: Worker;
  readonly tellsBeginning = false;
  readonly unbegun = false;
  reused = false;
  readonly #engine: Engine;
  readonly #keeper: ConnectionKeeper;
  readonly #dialling: Dialling;
  readonly #protection: Worker["protection"];
  /** Both from when it is connected. */
  #socket!: Socket;
  #outlet!: Outlet;
  /** Unset: in clear, each read is a turn. */
  readonly #turn: LateTurn | undefined;
  /** From the request's head to the answer's end. */
  #answer: AnswerReader | undefined;
  readonly #deadline: Deadline;
  #state: State = "connecting";
  #exchange: Asker | undefined;
  #chunked = false;
  #spoilt = false;
  /** Something of the request has been written. */
  #written = false;
  /** The kernel takes nothing more: the worker has reset it. What it sent before may still lie unread. */
  #refused = false;
  #keepAlive = false;
  #paused = false;
  #idleSince = 0;
  #idleMs = 0;
  /** Something of the answer has come. */
  #heard = false;

  constructor(engine: Engine, keeper: ConnectionKeeper, worker: Worker, exchange: Asker) {
    this.#engine = engine;
    this.#keeper = keeper;
    this.worker = worker;
    this.#exchange = exchange;
    this.#protection = worker.protection;
    this.#turn = this.#protection === undefined ? undefined : new LateTurn(engine.sendLater, this);
    this.#deadline = new Deadline(engine.wheel, () => this.#timeUp());
    this.#dialling = new Dialling(engine, worker, this);
  }

  get #tunnel(): boolean {
    return this.#answer?.tunnel === true;
  }

  get connected(): boolean {
    return this.#state !== "connecting";
  }

  /** The bytes are those of the request: for deciding who may be at fault. */
  get exchange(): Asker | undefined {
    return this.#exchange;
  }

  /** With the request under way to it the worker may have ended it as idle: it did not answer, and may not have failed. */
  get mayBeRaced(): boolean {
    return this.#idleMs >= raceAfterMs && !this.#heard;
  }

  /** Takes it out of idleness for a request. */
  assign(exchange: Asker): void {
    if (this.#state !== "idle") throw new Error(`a connection to a worker that is ${this.#state} was chosen`);
    this.#state = "busy";
    this.#idleMs = this.#engine.wheel.now - this.#idleSince;
    this.#deadline.clear();
    this.#exchange = exchange;
  }

  requestHead(head: string, method: string, chunked: boolean): void {
    this.#chunked = chunked;
    this.#answer ??= this.#engine.answerReaders.take();
    this.#answer.begin(method, this);
    this.#written = false;
    this.#heard = false;
    this.#outlet.text(head);
  }

  requestData(bytes: Buffer, from: number, to: number): void {
    if (this.#chunked && !this.#tunnel) this.#outlet.text(chunkHead(to - from));
    this.#outlet.bytes(bytes, from, to);
    if (this.#chunked && !this.#tunnel) this.#outlet.text(chunkTail);
  }

  requestEnd(trailers: string): void {
    if (this.#chunked && !this.#tunnel) this.#outlet.text(lastChunk(trailers));
  }

  flush(): boolean {
    if (this.#state === "closed") return true;
    const taken = this.#outlet.flush();
    this.#written = true;
    return taken;
  }

  cancel(cause: CancelCause): void {
    this.#exchange = undefined;
    if (this.#state === "connecting") this.discard();
    else if (this.#tunnel) this.#endTunnel();
    else this.#poison(cause);
  }

  spoil(): void {
    this.#spoilt = true;
  }

  pauseAnswer(): void {
    if (this.#paused || this.#state === "closed") return;
    this.#paused = true;
    if (this.connected) this.#socket.pause();
  }

  resumeAnswer(): void {
    if (!this.#paused || this.#state === "closed") return;
    this.#paused = false;
    if (this.connected) this.#socket.resume();
  }

  /** Ends an idle connection in peace, or one that is not there yet. */
  discard(): void {
    if (this.#state === "closed") return;
    if (this.#state === "connecting") this.#dialling.end();
    else this.#socket.destroy();
    this.#state = "closed";
    this.#deadline.dispose();
  }

  /** The client has left the tunnel: the worker gets what it sent last, then the end; within a time. */
  #endTunnel(): void {
    this.#engine.statistics.poisoned("upgraded");
    this.#state = "closed";
    const { stalledClientMs } = this.#engine.rules().settings.timeouts;
    this.#deadline.setAt(this.#engine.wheel.now + stalledClientMs);
    this.#outlet.flush();
    this.#socket.destroySoon();
  }

  reached(socket: Socket): void {
    this.#state = "busy";
    this.#socket = socket;
    this.#outlet = new Outlet(socket, (error) => this.#writeRefused(error));
    // Its client has not taken all of the answers before.
    if (this.#paused) socket.pause();
    socket.on("drain", () => this.#exchange?.workerDrained());
    socket.on("end", () => this.#ended(this.#refused ? "reset" : "in order"));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      this.#ended(isReset(error) || this.#protection !== undefined ? "reset" : "broken"),
    );
    socket.on("close", () => {
      this.#deadline.dispose();
      this.#ended("broken");
    });
    this.#keeper.connected(this.worker);
    this.#exchange?.workerConnected();
  }

  notYetReached(since: number): void {
    this.#keeper.slow(this.worker, since);
  }

  unreached(loss: DialLoss, since: number, reason?: string): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.discard();
    if (loss === "connect-timeout") this.#keeper.timedOut(this.worker, since, exchange);
    else if (loss !== "no-means") this.#keeper.refused(this.worker);
    if (reason !== undefined) exchange?.answerFault(reason);
    exchange?.workerLost(loss);
  }

  /**
   * The worker may have answered before it reset the connection: that is still read, and then the end. Not where nothing of the
   * request was written: nobody asked for what lies there.
   */
  #writeRefused(error: NodeJS.ErrnoException): void {
    const answerable = this.#state === "busy" && this.#written && !this.#tunnel;
    if (!answerable || !isReset(error)) return void this.#socket.destroy(error);
    this.#refused = true;
    this.spoil();
  }

  #timeUp(): void {
    if (this.#state === "closed") return void this.#socket.destroy();
    if (this.#state !== "idle") return;
    // For so long that the worker may close it any moment: close it first.
    const at = this.worker.idle.indexOf(this);
    if (at !== -1) this.worker.idle.splice(at, 1);
    this.discard();
  }

  /**
   * The connection ended by the worker's doing, or the network's. What is broken, by a reset, by a host that answers no
   * keep-alive any more, or by a fault of TLS, is no end of an answer, whatever its framing.
   */
  #ended(end: "in order" | "broken" | "reset"): void {
    if (this.#state === "closed") return;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    const whole = end === "in order" && this.#answer?.end() === true;
    this.discard();
    const tunnel = this.#tunnel;
    const busy = exchange !== undefined && !exchange.notSent && !whole && !tunnel;
    if (tunnel) this.#engine.statistics.poisoned("upgraded");
    else if (busy) this.#engine.statistics.poisoned("worker-lost");
    this.#keeper.ended(this, busy ? exchange : undefined, end === "reset");
    if (exchange === undefined) return;
    if (whole) {
      exchange.answerEnd(this.#answer?.trailers ?? "");
      exchange.answerTurn();
    } else {
      exchange.workerLost(exchange.notSent ? "unused" : "lost");
    }
  }

  read(buffer: Buffer, length: number): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.notSent) {
      // Nobody asked: what comes now would become the answer to the next request.
      this.#poison("left-over");
      if (exchange !== undefined) this.#giveUp(exchange, "unused");
      return false;
    }
    this.#engine.wheel.readClock();
    this.#heard = true;
    exchange.answerByte();
    try {
      this.#answer?.take(exchange, buffer, 0, length);
    } catch (error) {
      this.#engine.logger.error(
        { error: String(error), worker: this.worker.id },
        "an answer could not be handled",
      );
      this.#poison("bad-answer");
      if (this.#exchange === exchange) this.#giveUp(exchange, "bad-answer");
    }
    const goesOn = this.#exchange === exchange && this.#turn?.goesOn(length);
    if (goesOn !== true) exchange.answerTurn();
    return !this.#paused;
  }

  turnOver(): void {
    this.#exchange?.answerTurn();
  }

  answerHead(head: AnswerHead): void {
    if (head.keepAliveTimeoutMs > 0) this.worker.keepAliveMs = head.keepAliveTimeoutMs;
    this.#keepAlive = head.keepAlive;
  }

  answerWhole(exchange: Asker, clean: boolean): void {
    const trailers = this.#answer?.trailers ?? "";
    this.#exchange = undefined;
    const requestDone = exchange.requestDone && !this.#spoilt;
    const taint = taintAfterAnswer(clean, requestDone, this.#outlet.unsent);
    if (taint !== undefined) this.#poison(taint);
    else if (!this.#keepAlive || this.worker.gone || this.#protection !== this.worker.protection)
      this.discard();
    else this.#becomeIdle();
    exchange.answerEnd(trailers);
  }

  /** Invariant: nothing but this makes a connection ready for another request. */
  #becomeIdle(): void {
    const answer = this.#answer;
    if (this.#state !== "busy" || answer?.betweenAnswers !== true) {
      throw new Error("a connection to a worker is not clean, and was about to be used again");
    }
    this.#engine.answerReaders.giveBack(answer);
    this.#answer = undefined;
    if (this.#paused) this.resumeAnswer();
    this.#state = "idle";
    this.#idleSince = this.#engine.wheel.now;
    this.reused = true;
    const hintMs = this.worker.keepAliveMs;
    const idleMs = this.#engine.rules().settings.timeouts.idleWorkerMs;
    this.#deadline.setAt(
      this.#engine.wheel.now + (hintMs > 0 ? Math.min(idleMs, hintMs * idleShareOfHint) : idleMs),
    );
    this.#keeper.released(this);
  }

  answerInvalid(exchange: Asker, loss: Loss): void {
    this.#poison("bad-answer");
    this.#giveUp(exchange, loss);
  }

  #giveUp(exchange: Asker, loss: Loss): void {
    this.#exchange = undefined;
    exchange.workerLost(loss);
  }

  #poison(cause: PoisonCause): void {
    if (this.#state === "closed") return;
    this.#engine.statistics.poisoned(cause);
    const at = this.#state === "idle" ? this.worker.idle.indexOf(this) : -1;
    if (at !== -1) this.worker.idle.splice(at, 1);
    this.discard();
  }
}

/** Ours ends before the worker's does, so that no request meets a closing connection. */
const idleShareOfHint = 0.8;
/** No server ends a connection sooner that is merely idle. */
const raceAfterMs = 1_000;

function isReset({ code }: NodeJS.ErrnoException): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}
