import type { Socket } from "node:net";
import { losesPackets } from "../../core/admission/on-the-way.ts";
import { type AnswerHead, chunkHead, chunkTail, lastChunk } from "../../http1/http1.ts";
import type { AnswerOwner, AnswerReader } from "./answer-reader.ts";
import { mayTryBeside, redialMs, wasLost } from "./dial-race.ts";
import { dialWorker, isUntrusted } from "./dial-worker.ts";
import type { Engine } from "../engine.ts";
import { LateTurn, type TurnOwner } from "../sockets/late-turn.ts";
import { Outlet } from "../sockets/outlet.ts";
import { hostGoneAfterMs } from "../../runtime/host-gone.ts";
import { lacksMeans } from "../../runtime/dial.ts";
import { readBuffer } from "../sockets/read-buffer.ts";
import { systemReason } from "../../runtime/system-reason.ts";
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
  /** The worker ended it; `busy`: with a request on it. */
  ended(connection: WorkerConnection, busy: boolean, reset: boolean): void;
}

/**
 *   connecting --> busy <--> idle --> closed
 *        |           |                  ^
 *        +-----------+------------------+
 */
type State = "connecting" | "busy" | "idle" | "closed";

/** One HTTP/1.1 connection to a worker: one request at a time, many one after the other. */
export class WorkerConnection implements WorkerSide, AnswerOwner, TurnOwner {
  readonly worker: Worker;
  readonly tellsBeginning = false;
  readonly unbegun = false;
  reused = false;
  readonly #engine: Engine;
  readonly #keeper: ConnectionKeeper;
  /** While connecting: the last of those that try. */
  #socket: Socket;
  readonly #protection: Worker["protection"];
  #outlet: Outlet;
  /** Unset: in clear, each read is a turn. */
  readonly #turn: LateTurn | undefined;
  readonly #dialledAt: number;
  /** Those that tried before and still do; none in nearly all cases. */
  #rivals: Socket[] | undefined;
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

  constructor(engine: Engine, keeper: ConnectionKeeper, worker: Worker, exchange: Asker) {
    this.#engine = engine;
    this.#keeper = keeper;
    this.worker = worker;
    this.#exchange = exchange;
    this.#protection = worker.protection;
    this.#socket = this.#dial();
    this.#outlet = this.#outletOf(this.#socket);
    this.#turn = this.#protection === undefined ? undefined : new LateTurn(engine.sendLater, this);
    this.#dialledAt = engine.clock.now();
    this.#deadline = new Deadline(engine.wheel, (now) => this.#timeUp(now));
    this.#deadline.setAt(this.#dialledAt + Math.min(redialMs, this.#connectMs));
  }

  get #connectMs(): number {
    return this.#engine.rules().settings.timeouts.connectMs;
  }

  /** By the key of the worker's link, in whose place nobody else can be; not by a certificate. */
  get #isShakingHands(): boolean {
    return this.#state === "connecting" && this.#protection !== undefined && this.worker.tls === undefined;
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

  /** Takes it out of idleness for a request. */
  assign(exchange: Asker): void {
    if (this.#state !== "idle") throw new Error(`a connection to a worker that is ${this.#state} was chosen`);
    this.#state = "busy";
    this.#deadline.clear();
    this.#exchange = exchange;
  }

  requestHead(head: string, method: string, chunked: boolean): void {
    this.#chunked = chunked;
    this.#answer ??= this.#engine.answerReaders.take();
    this.#answer.begin(method, this);
    this.#written = false;
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
    this.#socket.pause();
  }

  resumeAnswer(): void {
    if (!this.#paused || this.#state === "closed") return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Ends an idle connection in peace. */
  discard(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#deadline.dispose();
    this.#socket.destroy();
    if (this.#rivals !== undefined) this.#endRivals(this.#socket, this.#rivals);
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

  #dial(): Socket {
    const buffer = readBuffer();
    const onread = { buffer, callback: (length: number) => this.#read(buffer, length) };
    // An answer may last for ever: the kernel asks whether the worker's host is still there.
    const options = { onread, keepAliveMs: hostGoneAfterMs };
    const { socket, established } = dialWorker(this.#engine, this.worker, options);
    socket.on(established, () => this.#connected(socket));
    socket.on("drain", () => this.#exchange?.workerDrained());
    socket.on("end", () =>
      this.#isShakingHands
        ? this.#brokenOff(socket)
        : this.#ended(socket, this.#refused ? "reset" : "in order"),
    );
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (this.#state === "connecting" && isUntrusted(this.#engine, this.worker, error))
        return this.#connectFailed("untrusted");
      if (this.#state === "connecting" && lacksMeans(error)) return this.#neverBegan(socket, error);
      if (this.#isShakingHands && error.code === "ECONNRESET") return this.#brokenOff(socket);
      this.#ended(socket, isReset(error) || this.#protection !== undefined ? "reset" : "broken");
    });
    socket.on("close", () => {
      if (socket === this.#socket) this.#deadline.dispose();
      this.#ended(socket, "broken");
    });
    return socket;
  }

  #outletOf(socket: Socket): Outlet {
    return new Outlet(socket, (error) => this.#writeRefused(socket, error));
  }

  /**
   * The worker may have answered before it reset the connection: that is still read, and then the end. Not where nothing of the
   * request was written: nobody asked for what lies there.
   */
  #writeRefused(socket: Socket, error: NodeJS.ErrnoException): void {
    const answerable = this.#state === "busy" && this.#written && !this.#tunnel;
    if (!answerable || !isReset(error)) return void socket.destroy(error);
    this.#refused = true;
    this.spoil();
  }

  #connected(socket: Socket): void {
    if (this.#state !== "connecting") return;
    this.#state = "busy";
    if (this.#rivals !== undefined) {
      const now = this.#engine.clock.now();
      const tookMs = now - this.#dialledAt;
      if (wasLost(socket, this.#rivals, tookMs, this.#protection !== undefined)) this.worker.lostAt = now;
      this.#endRivals(socket, this.#rivals);
      this.#socket = socket;
      this.#outlet = this.#outletOf(socket);
    }
    this.#deadline.clear();
    this.#keeper.connected(this.worker);
    this.#exchange?.workerConnected();
  }

  /** A SYN that was lost is sent again only after a second: another one is on its way long before. */
  #stillConnecting(now: number): void {
    const overAt = this.#dialledAt + this.#connectMs;
    if (now >= overAt) return this.#connectFailed("connect-timeout");
    this.#keeper.slow(this.worker, this.#dialledAt);
    const lossy = losesPackets(this.worker.lostAt, now);
    if (!mayTryBeside(this.#socket, this.#rivals?.length ?? 0, lossy)) return this.#deadline.setAt(overAt);
    (this.#rivals ??= []).push(this.#socket);
    this.#socket = this.#dial();
    this.#deadline.setAt(Math.min(overAt, now + redialMs));
  }

  /** Of those that tried, only `kept` is left. */
  #endRivals(kept: Socket, rivals: readonly Socket[]): void {
    this.#rivals = undefined;
    for (const socket of [...rivals, this.#socket]) if (socket !== kept) socket.destroy();
  }

  #timeUp(now: number): void {
    switch (this.#state) {
      case "connecting":
        return this.#stillConnecting(now);
      case "idle": {
        // For so long that the worker may close it any moment: close it first.
        const at = this.worker.idle.indexOf(this);
        if (at !== -1) this.worker.idle.splice(at, 1);
        return this.discard();
      }
      case "closed":
        return void this.#socket.destroy();
      case "busy":
    }
  }

  #connectFailed(loss: "refused" | "connect-timeout" | "untrusted"): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.discard();
    if (loss === "connect-timeout") this.#keeper.timedOut(this.worker, this.#dialledAt, exchange);
    else this.#keeper.refused(this.worker);
    exchange?.workerLost(loss);
  }

  /** There is no file or no port for it: nobody says that the worker refuses. Others that are under way have theirs. */
  #neverBegan(socket: Socket, error: NodeJS.ErrnoException): void {
    this.#engine.dialLack.complain(error);
    if (this.#othersTry(socket)) return;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.discard();
    exchange?.answerFault(systemReason(error));
    exchange?.workerLost("no-means");
  }

  /**
   * It was taken and then ended before it was established. So somebody listens there: who has no time for a handshake, or whose
   * packets were lost for so long that the other side gave it up. Others that are under way may come through.
   */
  #brokenOff(socket: Socket): void {
    if (!this.#othersTry(socket)) this.#connectFailed("connect-timeout");
  }

  /** From now on without this one. False: it was the last that tried. */
  #othersTry(socket: Socket): boolean {
    const others = this.#rivals?.filter((one) => one !== socket) ?? [];
    if (socket === this.#socket) {
      const next = others.pop();
      if (next === undefined) return false;
      this.#socket = next;
    }
    this.#rivals = others;
    return true;
  }

  /**
   * The connection ended by the worker's doing, or the network's. What is broken, by a reset, by a host that answers no
   * keep-alive any more, or by a fault of TLS, is no end of an answer, whatever its framing.
   */
  #ended(socket: Socket, end: "in order" | "broken" | "reset"): void {
    if (this.#state === "closed") return;
    const tries = this.#state === "connecting" && (socket === this.#socket || this.#rivals?.includes(socket));
    if (tries === true) return this.#connectFailed("refused");
    // It tried, and another was faster.
    if (socket !== this.#socket) return;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    const whole = end === "in order" && this.#answer?.end() === true;
    this.discard();
    const tunnel = this.#tunnel;
    const busy = exchange !== undefined && !exchange.notSent && !whole && !tunnel;
    if (tunnel) this.#engine.statistics.poisoned("upgraded");
    else if (busy) this.#engine.statistics.poisoned("worker-lost");
    this.#keeper.ended(this, busy, end === "reset");
    if (exchange === undefined) return;
    if (whole) {
      exchange.answerEnd(this.#answer?.trailers ?? "");
      exchange.answerTurn();
    } else {
      exchange.workerLost(exchange.notSent ? "unused" : "lost");
    }
  }

  #read(buffer: Buffer, length: number): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.notSent) {
      // Nobody asked: what comes now would become the answer to the next request.
      this.#poison("left-over");
      if (exchange !== undefined) this.#giveUp(exchange, "unused");
      return false;
    }
    this.#engine.wheel.readClock();
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

function isReset({ code }: NodeJS.ErrnoException): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}
