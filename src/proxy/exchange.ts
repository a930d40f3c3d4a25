import type { Place } from "../core/admission/waiting-line.ts";
import { earnRetry, spendRetry } from "../core/retry/budget.ts";
import { decideRetry, isIdempotent, type TryFailure } from "../core/retry/retry.ts";
import type { AnswerHead, RequestHead } from "../http1/http1.ts";
import type { ProblemName } from "../protocol/problem.ts";
import type { Engine, LateSender, Rules } from "./engine.ts";
import { HeldBody } from "./held-body.ts";
import { gatewayAnswer } from "./gateway-answer.ts";
import { type ForwardedRequest, prepareRequest } from "./prepare-request.ts";
import type { ServicePool } from "./service-pool.ts";
import type { CancelCause, ClientSide, Loss, WorkerSide } from "./sides.ts";
import { Deadline } from "./timer-wheel.ts";
import type { Worker } from "./worker.ts";

/**
 *              no worker, or all are full
 *   begin ----> waiting <---------------------+
 *     |            |                          | failed, and may be repeated
 *     |            v                          |
 *     +------> trying ------------------------+
 *                  | the answer's head                  (101: answering goes on as a tunnel)
 *                  v
 *              answering
 *                  | answer whole, cut, or an own answer given; the client gone (from anywhere)
 *                  v
 *                over
 */
type Phase = "over" | "waiting" | "trying" | "answering";

/** 1xx answers to one request: more than this is no sound worker. */
const informationalMax = 10;
const statusClientGone = 499;

/**
 * One request and its answer, between a client's half and a worker's half: which worker, when again, when to give
 * up. Knows neither framing nor sockets. One object serves the requests of a client's stream one after the other.
 */
export class Exchange implements LateSender {
  /** Position among the worker's exchanges; the pool's. */
  slot = 0;
  /** Workers this request went to in vain. */
  tried: readonly Worker[] = noWorkers;
  /** The client has sent the whole request. */
  requestDone = false;
  readonly #engine: Engine;
  readonly #client: ClientSide;
  readonly #deadline: Deadline;
  readonly #held = new HeldBody();
  #phase: Phase = "over";
  #rules: Rules;
  #request: ForwardedRequest | undefined;
  #requestId = "";
  #method = "";
  #host = "";
  #path = "";
  #pool: ServicePool | undefined;
  #worker: Worker | undefined;
  #side: WorkerSide | undefined;
  #place: Place<Exchange> | undefined;
  #waitingSince = -1;
  #sent = false;
  #outstanding = false;
  #retries = 0;
  #answerBegan = false;
  #answerForwarded = false;
  #informational = 0;
  #requestPaused = false;
  /** Within the client's turn: `requestTurn` will flush. */
  #collecting = false;
  #trailers = "";
  #startedAt = 0;
  #sentAt = 0;
  #status = 0;
  #reason = "";
  #bodyBytesMax = Infinity;
  #workerId = "";
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(engine: Engine, client: ClientSide) {
    this.#engine = engine;
    this.#client = client;
    this.#rules = engine.rules();
    this.#deadline = new Deadline(engine.wheel, (now) => this.#timeUp(now));
  }

  get active(): boolean {
    return this.#phase !== "over";
  }

  /** The client's request id, once the exchange has begun. */
  get requestId(): string {
    return this.#requestId;
  }

  /** The protocol asked for and allowed, or empty. */
  get upgrade(): string {
    return this.#request?.upgrade ?? "";
  }

  /** Nothing was written to the worker yet. */
  get notSent(): boolean {
    return !this.#sent;
  }

  get waited(): boolean {
    return this.#waitingSince !== -1;
  }

  waitedMs(now: number): number {
    return this.waited ? Math.max(now - this.#waitingSince, Number.MIN_VALUE) : 0;
  }

  get mayBeCanary(): boolean {
    return this.#retries === 0 && this.tried.length === 0 && this.requestDone && isIdempotent(this.#method);
  }

  // --- The client's half speaks ---

  /** `bodyless`: the request ends with its head. The head is the parser's: valid as long as the exchange lasts. */
  begin(head: RequestHead, bodyless: boolean, now: number): void {
    this.#reset(now);
    this.requestDone = bodyless;
    this.#method = head.method;
    this.#host = head.host;
    this.#path = head.path;
    const prepared = prepareRequest(this.#engine, this.#rules, head, this.#client.origin);
    this.#requestId = prepared.requestId;
    if (prepared.kind === "refused") return this.#answerOwn(prepared.problem);
    this.#request = prepared;
    this.#bodyBytesMax = prepared.bodyBytesMax;
    const pool = this.#engine.pool(prepared.service);
    this.#pool = pool;
    pool.counters.requests += 1;
    pool.counters.inFlight += 1;
    earnRetry(pool.budget, now);
    this.#choose(now);
  }

  requestData(bytes: Buffer, from: number, to: number): void {
    if (this.#phase === "over") return;
    this.#bytesIn += to - from;
    if (this.#bytesIn > this.#bodyBytesMax) return this.#bodyTooLarge();
    if (!this.#held.gone) {
      const complete = this.#held.add(
        bytes.subarray(from, to),
        this.#rules.settings.limits.replayBodyBytesMax,
      );
      if (!complete && this.#sent) this.#held.drop();
    }
    if (this.#sent) {
      this.#side?.requestData(bytes, from, to);
      if (this.#phase === "trying") this.#deadline.setAt(this.#engine.clock.now() + this.#headTimeoutMs());
    } else if (this.#held.full) {
      this.#pauseRequest();
    }
  }

  requestEnd(trailers: string): void {
    if (this.#phase === "over") return;
    this.requestDone = true;
    this.#trailers = trailers;
    if (!this.#sent) return;
    this.#side?.requestEnd(trailers);
    if (this.#phase === "trying") this.#sentInFull();
  }

  /** All that the client sent in this turn has been handed over. */
  requestTurn(): void {
    this.#collecting = false;
    if (this.#sent && this.#side && !this.#side.flush()) this.#pauseRequest();
  }

  /** The request's body breaks its framing, or does not come: whoever answers, the worker must not take it for whole. */
  requestBroken(problem: ProblemName): void {
    if (this.#phase === "over") return;
    this.#leaveWorker("aborted");
    if (this.#answerForwarded) this.#cut();
    else this.#answerOwn(problem);
  }

  clientGone(): void {
    if (this.#phase === "over") return;
    this.#leaveWorker("aborted");
    if (this.#status === 0) this.#status = statusClientGone;
    this.#finish();
  }

  clientDrained(): void {
    this.#side?.resumeAnswer();
  }

  // --- The pool speaks ---

  tryAgain(now: number): void {
    this.#place = undefined;
    if (this.#phase === "waiting") this.#choose(now);
  }

  /** The worker is out; if this request may be repeated and has no byte of an answer, it goes to another one. */
  moveAway(): void {
    if (this.#phase !== "trying" || this.#answerBegan) return;
    if (!this.#sent) return this.#again("stalled", false);
    const decision = this.#decide("stalled");
    if (decision.kind === "retry") this.#again("stalled", true);
  }

  // --- The worker's half speaks ---

  workerConnected(): void {
    this.#send(this.#engine.clock.now());
  }

  /** After the sockets have been read: see `SendLater`. */
  sendNow(): void {
    // Meanwhile the client may have gone, or the connection: then there is nothing to send or another side to come.
    if (this.#phase !== "trying" || this.#sent || !this.#side?.connected) return;
    this.#send(this.#engine.clock.now());
  }

  workerDrained(): void {
    this.#resumeRequest();
  }

  /** Some byte of the answer has come. */
  answerByte(): void {
    const worker = this.#worker;
    if (worker && this.#pool) this.#pool.watch.byte(worker, this.#engine.clock.now());
    if (this.#answerBegan) return;
    this.#answerBegan = true;
    this.#held.drop();
    this.#endOutstanding(true);
  }

  answerInformational(head: AnswerHead): void {
    this.#informational += 1;
    if (this.#informational > informationalMax) return this.#badAnswer();
    this.#client.answerInformational(head);
  }

  answerHead(head: AnswerHead): void {
    this.#beginAnswer(head.status);
    if (!this.requestDone) this.#side?.spoil();
    this.#client.answerHead(head, this.requestDone, this.#requestId);
  }

  switchProtocols(head: AnswerHead): void {
    this.#beginAnswer(head.status);
    this.requestDone = false;
    this.#bodyBytesMax = Infinity;
    this.#client.switchProtocols(head, this.#requestId);
  }

  answerData(bytes: Buffer, from: number, to: number): void {
    this.#bytesOut += to - from;
    this.#client.answerData(bytes, from, to);
  }

  /** What came in one turn has been handed over. */
  answerTurn(): void {
    if (this.#phase === "over") return;
    if (!this.#client.flush()) this.#side?.pauseAnswer();
  }

  /** The answer is whole; the connection is already back in the pool, or destroyed. */
  answerEnd(trailers: string): void {
    this.#side = undefined;
    this.#freeWorker();
    this.#client.answerEnd(trailers);
    this.#finish();
  }

  workerLost(loss: Loss): void {
    this.#side = undefined;
    if (this.#phase === "over") return;
    this.#endOutstanding(false);
    if (loss === "unused") return this.#onAnotherConnection();
    if (loss === "unasked-upgrade") return this.#loseWith("upgradeRefused");
    const decision = this.#decide(loss === "lost" ? "reset" : loss);
    if (decision.kind === "retry") {
      this.#again(loss === "lost" ? "reset" : loss, decision.counted, decision.problem);
    } else if (decision.kind === "answer") {
      if (loss === "bad-answer" && this.#worker) this.#pool?.watch.failedToAnswer(this.#worker);
      this.#loseWith(decision.problem);
    } else {
      this.#cut();
    }
  }

  // --- Choosing and trying ---

  #choose(now: number): void {
    const pool = this.#pool;
    if (!pool) return;
    const worker = pool.take(this, now);
    if (worker !== undefined) return this.#try(pool, worker, now);
    const admission = pool.admission(this, now);
    if (admission.kind === "refuse") return this.#answerOwn(admission.problem);
    // Whoever was tried in vain may be back by then.
    if (!pool.candidates.some((other) => !this.tried.includes(other))) this.tried = noWorkers;
    if (this.#waitingSince === -1) this.#waitingSince = now;
    this.#phase = "waiting";
    this.#place = pool.wait(this);
    this.#deadline.setAt(now + (admission.kind === "wait" ? admission.forMs : 0));
  }

  #try(pool: ServicePool, worker: Worker, now: number): void {
    this.#phase = "trying";
    this.#worker = worker;
    this.#sent = false;
    pool.occupy(worker, this);
    const side = pool.connection(worker, this);
    this.#side = side;
    this.#deadline.clear();
    if (!side.connected) return;
    if (side.reused && !isIdempotent(this.#method)) this.#engine.sendLater.add(this);
    else this.#send(now);
  }

  #send(now: number): void {
    const side = this.#side;
    const request = this.#request;
    if (!side || !request) return;
    this.#sent = true;
    this.#sentAt = now;
    side.requestHead(request.head, this.#method, request.chunked);
    for (const chunk of this.#held.chunks) side.requestData(chunk, 0, chunk.length);
    if (this.requestDone) side.requestEnd(this.#trailers);
    if (!isIdempotent(this.#method) || this.#held.full) this.#held.drop();
    this.#deadline.setAt(now + request.headTimeoutMs);
    if (this.requestDone) this.#sentInFull();
    this.#resumeRequest();
    if (!this.#collecting && !side.flush()) this.#pauseRequest();
  }

  #sentInFull(): void {
    const now = this.#engine.clock.now();
    this.#deadline.setAt(now + this.#headTimeoutMs());
    if (!this.#worker || !this.#pool || this.#outstanding || this.#answerBegan) return;
    this.#outstanding = true;
    this.#pool.watch.sent(this.#worker, now);
  }

  #endOutstanding(answered: boolean): void {
    const worker = this.#worker;
    if (!worker || !this.#pool) return;
    if (this.#outstanding) this.#pool.watch.outstandingEnded(worker, this, answered);
    this.#outstanding = false;
  }

  #decide(failure: TryFailure): ReturnType<typeof decideRetry> {
    const tried = this.#worker ? [...this.tried, this.#worker] : this.tried;
    return decideRetry({
      failure,
      method: this.#method,
      knownUnstarted: false,
      answerBegan: this.#answerBegan,
      answerForwarded: this.#answerForwarded,
      bodyReplayable: !this.#held.gone,
      retries: this.#retries,
      anotherWorker: this.#pool?.hasAnother(tried) ?? false,
      deadlinePassed: false,
      routeRetries: this.#request?.routeRetries ?? false,
    });
  }

  /** To another worker. `counted`: against the budget; without a token the answer is `problem`. */
  #again(failure: TryFailure, counted: boolean, problem: ProblemName = "workerReset"): void {
    const pool = this.#pool;
    if (!pool) return;
    const now = this.#engine.clock.now();
    if (counted && !spendRetry(pool.budget, now)) {
      this.#engine.statistics.retries.denied += 1;
      if (failure === "stalled") return;
      return this.#loseWith(problem);
    }
    if (counted) {
      this.#retries += 1;
      this.#engine.statistics.retries.taken += 1;
    }
    const worker = this.#worker;
    this.#leaveWorker("stalled");
    if (worker) this.tried = [...this.tried, worker];
    this.#sent = false;
    this.#choose(now);
  }

  /** The idle connection was gone before anything was written to it: nothing has happened yet. */
  #onAnotherConnection(): void {
    this.#freeWorker();
    this.#choose(this.#engine.clock.now());
  }

  // --- Ends ---

  #beginAnswer(status: number): void {
    const now = this.#engine.clock.now();
    const pool = this.#pool;
    this.#phase = "answering";
    this.#answerForwarded = true;
    this.#status = status;
    this.#deadline.clear();
    if (!pool) return;
    pool.counters.answered(status, now - this.#startedAt);
    if (this.#worker) pool.watch.answered(this.#worker, status, now - this.#sentAt, now);
  }

  #timeUp(now: number): void {
    if (this.#phase === "waiting") {
      const admission = this.#pool?.admission(this, now);
      if (admission?.kind === "wait") return this.#deadline.setAt(now + admission.forMs);
      this.#answerOwn(admission?.kind === "refuse" ? admission.problem : "noLiveWorker");
    } else if (this.#phase === "trying" && this.#sent) {
      // A client that is slow with its body is the client's half's business.
      if (!this.requestDone && !this.#requestPaused) return this.#deadline.setAt(now + this.#headTimeoutMs());
      if (this.#worker) this.#pool?.watch.failedToAnswer(this.#worker);
      this.#leaveWorker("timeout");
      this.#answerOwn("headTimeout");
    }
  }

  #bodyTooLarge(): void {
    this.#leaveWorker("aborted");
    if (this.#answerForwarded) this.#cut();
    else this.#answerOwn("bodyTooLarge");
  }

  #badAnswer(): void {
    this.#leaveWorker("bad-answer");
    this.#loseWith("badAnswer");
  }

  #loseWith(problem: ProblemName): void {
    if (this.#answerForwarded) this.#cut();
    else this.#answerOwn(problem);
  }

  #cut(): void {
    this.#freeWorker();
    this.#client.cut();
    this.#finish();
  }

  #answerOwn(problem: ProblemName): void {
    const now = this.#engine.clock.now();
    this.#freeWorker();
    const answer = gatewayAnswer(problem, {
      requestId: this.#requestId,
      hints: this.#rules.settings.hints,
      service: this.#pool?.name,
      path: this.#path,
    });
    this.#status = answer.status;
    this.#reason = answer.code;
    this.#engine.statistics.problem(answer.code);
    this.#pool?.counters.answered(answer.status, now - this.#startedAt);
    this.#client.answerOwn(answer, this.requestDone);
    this.#finish();
  }

  /** Cancels what is under way at the worker. */
  #leaveWorker(cause: CancelCause): void {
    this.#endOutstanding(false);
    const side = this.#side;
    this.#side = undefined;
    side?.cancel(cause);
    this.#freeWorker();
  }

  #freeWorker(): void {
    this.#endOutstanding(true);
    const worker = this.#worker;
    if (!worker) return;
    this.#worker = undefined;
    this.#workerId = worker.id;
    this.#pool?.free(worker, this);
  }

  #finish(): void {
    if (this.#phase === "over") return;
    if (this.#engine.accessLog.on) this.#log();
    this.#phase = "over";
    this.#deadline.clear();
    this.#held.drop();
    const pool = this.#pool;
    if (this.#place) pool?.leave(this.#place);
    this.#place = undefined;
    if (pool) {
      pool.counters.inFlight -= 1;
      pool.counters.bytesIn += this.#bytesIn;
      pool.counters.bytesOut += this.#bytesOut;
    }
    this.#client.exchangeOver();
  }

  #log(): void {
    this.#engine.accessLog.write({
      requestId: this.#requestId,
      client: this.#client.origin.address,
      method: this.#method,
      host: this.#host,
      path: this.#path,
      status: this.#status,
      reason: this.#reason === "" ? undefined : this.#reason,
      route: this.#request?.route,
      service: this.#pool?.name,
      worker: this.#workerId === "" ? undefined : this.#workerId,
      retries: this.#retries,
      elapsedMs: Math.round((this.#engine.clock.now() - this.#startedAt) * 1000) / 1000,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
    });
  }

  #pauseRequest(): void {
    if (this.#requestPaused) return;
    this.#requestPaused = true;
    this.#client.pauseRequest();
  }

  #resumeRequest(): void {
    if (!this.#requestPaused) return;
    this.#requestPaused = false;
    this.#client.resumeRequest();
  }

  #headTimeoutMs(): number {
    return this.#request?.headTimeoutMs ?? 0;
  }

  #reset(now: number): void {
    this.#rules = this.#engine.rules();
    this.#startedAt = now;
    this.#phase = "waiting";
    this.#collecting = true;
    this.tried = noWorkers;
    this.#held.begin();
    this.#request = undefined;
    this.#requestId = "";
    this.#pool = undefined;
    this.#waitingSince = -1;
    this.#sent = false;
    this.#outstanding = false;
    this.#retries = 0;
    this.#answerBegan = false;
    this.#answerForwarded = false;
    this.#informational = 0;
    this.#requestPaused = false;
    this.#trailers = "";
    this.#status = 0;
    this.#reason = "";
    this.#workerId = "";
    this.#bytesIn = 0;
    this.#bytesOut = 0;
  }
}

const noWorkers: readonly Worker[] = [];
