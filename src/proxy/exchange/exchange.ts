import type { Priority } from "../../core/admission/priority.ts";
import type { Place, Waiter } from "../../core/admission/waiting-line.ts";
import { accountFor } from "../../core/retry/budget.ts";
import { hedgeAfterMs } from "../../core/retry/hedge.ts";
import { isIdempotent, type RetryDecision, type TryFailure } from "../../core/retry/retry.ts";
import type { AnswerHead, RequestHead } from "../../http1/http1.ts";
import type { ProblemName } from "../../protocol/problem.ts";
import type { TryOutcome } from "../../protocol/requests.ts";
import { Account } from "./account.ts";
import { Aim } from "./aim.ts";
import { Attempt } from "./attempt.ts";
import type { Engine, LateSender, Rules } from "../engine.ts";
import { type GatewayAnswer, gatewayAnswer, wantsPage } from "./gateway-answer.ts";
import { Hedge, type Hedged } from "./hedge.ts";
import { OutgoingRequest } from "./outgoing-request.ts";
import { prepareRequest, requestIdOf } from "./prepare-request.ts";
import { Repetition } from "./repetition.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import { priorityIn, shedding, tenantIn } from "./standing.ts";
import { type CancelCause, type ClientSide, type Loss, outcomeOf, type WorkerSide } from "./sides.ts";
import { tellFinished } from "../reports/tell-finished.ts";
import { Deadline } from "../timer-wheel.ts";
import { Trail } from "./trail.ts";
import type { Worker } from "../workers/worker.ts";

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
const noWorkers: readonly Worker[] = [];

/**
 * One request and its answer, between a client's half and a worker's half: which worker, when again, when to give
 * up. Knows neither framing nor sockets. One object serves many requests one after the other, of whatever client.
 */
export class Exchange implements LateSender, Waiter, Hedged {
  /** Position among the worker's exchanges; the pool's. */
  slot = 0;
  /** Workers this request went to in vain. */
  tried: readonly Worker[] = noWorkers;
  /** The client has sent the whole request. */
  requestDone = false;
  /** Repeating it has the effect of sending it once. */
  idempotent = false;
  mayBeGivenBack = false;
  /** Which worker it wants. */
  readonly aim = new Aim();
  /** Its class, where not all can be served. */
  priority: Priority = "normal";
  /** Whose it is, hashed; known when it has to wait. */
  tenant = 0;
  /** It reaches no worker after that: nobody waits for the answer any more. */
  deadlineAt = Infinity;
  readonly #engine: Engine;
  #client: ClientSide;
  readonly #deadline: Deadline;
  readonly #account = new Account();
  readonly #first = new Attempt(this);
  /** The first one, or the hedge's when that leads. */
  #attempt = this.#first;
  #hedge: Hedge | undefined;
  readonly #trail: Trail;
  readonly #request = new OutgoingRequest();
  readonly #repetition: Repetition;
  #phase: Phase = "over";
  #rules: Rules;
  #pool: ServicePool | undefined;
  #place: Place<Exchange> | undefined;
  #waitingSince = -1;
  #answerForwarded = false;
  #informational = 0;
  /** The worker's 100 has been passed on. */
  #continued = false;
  #requestPaused = false;
  /** Of the answer, when it was last looked whether a worker that does not read the request says something at least. */
  #bytesOutSeen = 0;
  /** Within the client's turn: `requestTurn` will flush. */
  #collecting = false;
  #tunnel = false;

  constructor(engine: Engine, client: ClientSide) {
    this.#engine = engine;
    this.#client = client;
    this.#rules = engine.rules();
    this.#trail = new Trail(this.#account, this.#rules);
    this.#repetition = new Repetition(engine, this.#account, this.#request, this.#trail);
    this.#deadline = new Deadline(engine.wheel, (now) => this.#timeUp(now));
  }

  /** From now on its requests are this client's. */
  serve(client: ClientSide): void {
    this.#client = client;
  }

  /** The protocol asked for and allowed, or empty. */
  get upgrade(): string {
    return this.#request.forwarded.upgrade;
  }

  /** Nothing was written to the worker yet. */
  get notSent(): boolean {
    return !this.#attempt.sent;
  }

  get retries(): number {
    return this.#account.retries;
  }

  get waited(): boolean {
    return this.#waitingSince !== -1;
  }

  waitedMs(now: number): number {
    return this.waited ? Math.max(now - this.#waitingSince, Number.MIN_VALUE) : 0;
  }

  /** It may find out whether a worker is back: it can be repeated, and is whole. */
  get mayBeCanary(): boolean {
    return this.idempotent && this.requestDone && this.#account.retries + this.tried.length === 0;
  }

  // --- The client's half speaks ---

  /** `bodyless`: the request ends with its head. The head is the parser's: valid as long as the exchange lasts. */
  begin(head: RequestHead, bodyless: boolean, now: number): void {
    this.#reset(head, now);
    this.requestDone = bodyless;
    const { origin } = this.#client;
    const traced = this.#request.trace !== undefined;
    const prepared = prepareRequest(this.#engine, this.#rules, head, origin, this.#account.requestId, traced);
    if (typeof prepared === "string") return this.#answerOwn(prepared);
    this.#request.routed(prepared, now);
    if (prepared.keyed) this.idempotent = true;
    const pool = this.#engine.pool(prepared.service);
    this.#pool = pool;
    this.aim.take(pool, prepared.subset, head, origin);
    this.deadlineAt = this.#request.hops.within(now + prepared.headTimeoutMs);
    this.priority = priorityIn(prepared.priority, head, origin);
    this.#trail.pool = pool;
    this.#account.routed(prepared, pool.counters, this.#engine.statistics.route(prepared.route));
    const refused = this.#engine.rateLimits.refusal(prepared, head, origin, now);
    if (refused === undefined) this.#choose(now);
    else this.#answerOwn("rateLimited", refused);
  }

  #reset(head: RequestHead, now: number): void {
    this.#rules = this.#engine.rules();
    this.#account.begin(head, requestIdOf(this.#engine, head, this.#client.origin), now);
    this.#trail.begin(head, this.#rules, this.#engine.tracer?.begin(head, this.#client.origin));
    this.#request.begin(now, this.#trail.trace);
    this.#attempt = this.#first;
    this.#attempt.sent = false;
    this.#phase = "waiting";
    this.#pool = undefined;
    this.tried = noWorkers;
    this.#waitingSince = -1;
    this.idempotent = isIdempotent(head.method);
    const bodyBytes = head.framing === "chunked" ? Infinity : head.contentLength;
    this.mayBeGivenBack = bodyBytes <= this.#rules.settings.limits.replayBodyBytesMax;
    this.#answerForwarded = false;
    this.#informational = 0;
    this.#continued = false;
    this.#requestPaused = false;
    this.#collecting = true;
    this.#tunnel = false;
  }

  requestData(bytes: Buffer, from: number, to: number): void {
    if (this.#phase === "over") return;
    this.#account.bytesIn += to - from;
    if (this.#account.bytesIn > this.#request.forwarded.bodyBytesMax && !this.#tunnel) {
      return this.#giveUp("aborted", "bodyTooLarge");
    }
    const { sent } = this.#attempt;
    this.#request.take(bytes, from, to, this.#rules.settings.limits.replayBodyBytesMax, sent);
    if (!sent) {
      if (this.#request.held.full) this.#pauseRequest();
      return;
    }
    this.#attempt.side?.requestData(bytes, from, to);
    if (this.#phase === "trying") this.#expectHead(this.#engine.wheel.now);
  }

  requestEnd(trailers: string): void {
    if (this.#phase === "over") return;
    this.requestDone = true;
    this.#request.trailers = trailers;
    if (!this.#attempt.sent) return;
    this.#attempt.side?.requestEnd(trailers);
    if (this.#phase === "trying") this.#sentInFull(this.#engine.wheel.now);
  }

  /** All that the client sent in this turn has been handed over. */
  requestTurn(): void {
    this.#collecting = false;
    const { side, sent } = this.#attempt;
    if (sent && side && !side.flush()) this.#pauseRequest();
  }

  /** The request's body breaks its framing, or does not come: the worker must not take it for whole. */
  requestBroken(problem: ProblemName, detail?: string): void {
    if (this.#phase === "over") return;
    this.#trail.detail = detail;
    this.#giveUp("aborted", problem);
  }

  /** `stalled`: by its silence. */
  clientGone(stalled = false): void {
    if (this.#phase === "over") return;
    this.#trail.end = this.#engine.closed ? "stopped" : stalled ? "client-stalled" : "client-gone";
    this.#attempt.leave("aborted");
    this.#finish();
  }

  clientDrained(): void {
    this.#attempt.side?.resumeAnswer();
  }

  /** No further request comes. A deadline that only was cleared would keep all this alive until its slot comes round. */
  dispose(): void {
    this.#deadline.dispose();
    this.#hedge?.dispose();
  }

  // --- The pool speaks ---

  /** It is this request's turn, or the workers have changed. */
  tryAgain(now: number): void {
    this.#place = undefined;
    if (this.#phase !== "waiting") return;
    if (this.#request.hops.passed(now)) this.#answerOwn("deadlinePassed");
    else if (now >= this.deadlineAt) this.#answerOwn("queueTimeout");
    else this.#choose(now);
  }

  /** Another request takes its place in the line. */
  displaced(): void {
    this.#place = undefined;
    if (this.#phase === "waiting") this.#answerOwn("displaced");
  }

  /**
   * The worker is out: if this request has no byte of an answer, and may be repeated or never begins there, it goes to
   * another one.
   */
  moveAway(): void {
    if (this.#phase !== "trying" || this.#attempt.answerBegan) return;
    if (this.#hedge?.takeOver("stalled") === true) return;
    if (!this.#attempt.sent) return this.#again("stalled", false, "headTimeout");
    const decision = this.#decide("stalled", this.#attempt.side?.unbegun);
    if (decision.kind === "retry") this.#again("stalled", decision.counted, decision.problem);
  }

  // --- The worker's half speaks ---

  workerConnected(): void {
    this.#send(this.#engine.clock.now());
  }

  /** After the sockets have been read: see `SendLater`. */
  sendNow(): void {
    // Meanwhile the client may have gone, or the connection: then there is nothing to send, or it is under way.
    if (this.#phase !== "trying" || this.#attempt.sent || !this.#attempt.side?.connected) return;
    this.#send(this.#engine.clock.now());
  }

  workerDrained(): void {
    this.#resumeRequest();
  }

  /**
   * The worker begins with the request: from now on it is repeated only if it may be. Where it has a time to begin by, it
   * may still find that it is too late.
   */
  workerBegan(): void {
    if (!this.idempotent && !this.mayBeGivenBack) this.#request.held.drop();
  }

  /** Some byte of the answer has come. */
  answerByte(): void {
    this.#hedge?.drop();
    this.#attempt.byte(this.#engine.wheel.now);
    this.#request.held.drop();
  }

  /** Why an answer is not valid; `workerLost` follows. */
  answerFault(detail: string | undefined): void {
    this.#trail.detail = detail;
  }

  answerInformational(head: AnswerHead): void {
    this.#informational += 1;
    if (this.#informational > informationalMax) return this.#giveUp("bad-answer", "badAnswer");
    if (head.status === 100 && this.#continued) return;
    if (head.status === 100) this.#continued = true;
    this.#client.answerInformational(head);
  }

  answerHead(head: AnswerHead): void {
    this.#beginAnswer(head.status);
    if (!this.requestDone) this.#attempt.side?.spoil();
    this.#client.answerHead(head, this.requestDone, this.#account.requestId);
  }

  switchProtocols(head: AnswerHead): void {
    this.#beginAnswer(head.status);
    this.requestDone = false;
    this.#tunnel = true;
    this.#client.switchProtocols(head, this.#account.requestId);
  }

  /** What the gateway adds to the head of a worker's answer: lines, or nothing. */
  addedFields(head: AnswerHead): string {
    if (this.#pool?.sticky === undefined) return "";
    return this.#pool.bindingField(
      this.aim,
      this.#attempt.worker,
      head,
      this.#client.origin,
      this.#trail.head,
    );
  }

  #beginAnswer(status: number): void {
    const { now } = this.#engine.wheel;
    this.#phase = "answering";
    this.#answerForwarded = true;
    if (this.#requestPaused) this.#expectReading(now);
    else this.#deadline.clear();
    this.#account.answered(status, now);
    this.#attempt.answered(status, now);
    if (this.#pool) accountFor(this.#pool.budget, status >= 500, this.#account.retries, now);
  }

  answerData(bytes: Buffer, from: number, to: number): void {
    this.#account.bytesOut += to - from;
    this.#client.answerData(bytes, from, to);
  }

  /** What came in one turn has been handed over. */
  answerTurn(): void {
    if (this.#phase !== "over" && !this.#client.flush()) this.#attempt.side?.pauseAnswer();
  }

  /** The answer is whole; the connection is already back in the pool, or destroyed. */
  answerEnd(trailers: string): void {
    this.#attempt.free();
    this.#client.answerEnd(trailers);
    this.#finish();
  }

  /** The worker's half ended before the answer did. */
  workerLost(loss: Loss): void {
    if (this.#phase === "over") return;
    this.#attempt.sideEnded();
    if (this.#hedge?.takeOver(outcomeOf(loss)) === true) return;
    if (loss === "unused") return this.#onAnotherConnection();
    if (loss === "given-back" && !this.#request.held.gone) return this.#takenBack();
    if (loss === "unasked-upgrade") {
      this.#trail.note(loss);
      return this.#loseWith("upgradeRefused");
    }
    const unstarted = loss === "unstarted" || loss === "given-back";
    const failure = loss === "lost" || unstarted ? "reset" : loss;
    const decision = this.#decide(failure, unstarted);
    switch (decision.kind) {
      case "retry":
        return this.#again(failure, decision.counted, decision.problem);
      case "answer":
        if (loss === "bad-answer") this.#attempt.failed();
        return this.#loseWith(decision.problem);
      case "abort":
      case "wait":
        return this.#cut();
    }
  }

  // --- Choosing and trying ---

  #choose(now: number): void {
    const pool = this.#pool;
    if (!pool) return;
    if (this.#request.hops.passed(now)) return this.#answerOwn("deadlinePassed");
    const worker = pool.take(this, now);
    if (worker !== undefined) return this.#try(pool, worker, now);
    const admission = pool.admission(this, now);
    if (admission.kind === "refuse") return this.#answerOwn(admission.problem);
    // Whoever was tried in vain may be back by then.
    if (!pool.candidatesOf(this.aim.subset).hasOtherThan(this.tried)) this.tried = noWorkers;
    if (this.#waitingSince === -1) this.#waitingSince = now;
    this.#trail.waits(now);
    this.#phase = "waiting";
    this.tenant =
      this.#trail.head === undefined ? 0 : tenantIn(pool.settings, this.#trail.head, this.#client.origin);
    this.#place = pool.wait(this, now);
    this.#deadline.setAt(this.#request.hops.within(now + (admission.kind === "wait" ? admission.forMs : 0)));
  }

  #try(pool: ServicePool, worker: Worker, now: number): void {
    this.#phase = "trying";
    this.#hedge?.end();
    this.#attempt = this.#first;
    this.#deadline.setAt(this.#request.hops.endsAt);
    this.#account.picked(worker.id);
    const side = this.#attempt.begin(pool, worker, now);
    this.#trail.chosen(this.#attempt, worker, side, now);
    if (!side.connected) return;
    if (side.reused && !this.idempotent) this.#engine.sendLater.add(this);
    else this.#send(now);
  }

  #send(now: number): void {
    const attempt = this.#attempt;
    const { side } = attempt;
    if (!side) return;
    if (this.#request.hops.passed(now)) return this.#giveUp("timeout", "deadlinePassed");
    attempt.sent = true;
    attempt.sentAt = now;
    this.#request.write(attempt, side, this.#account.method, this.#account.retries, now);
    if (this.#request.held.full || !(this.idempotent || side.tellsBeginning)) this.#request.held.drop();
    if (this.requestDone) {
      side.requestEnd(this.#request.trailers);
      this.#sentInFull(now);
    } else {
      this.#expectHead(now);
    }
    this.#resumeRequest();
    if (!this.#collecting && !side.flush()) this.#pauseRequest();
  }

  #sentInFull(now: number): void {
    this.#expectHead(now);
    this.#attempt.sentInFull(now);
    if (this.#pool?.settings.hedge === true) this.#armHedge(this.#pool, now);
  }

  // --- The hedge speaks ---

  #armHedge(pool: ServicePool, now: number): void {
    const afterMs = hedgeAfterMs({
      idempotent: this.idempotent && !this.#request.held.gone,
      repeated: this.#request.hops.spent,
      routeRetries: this.#request.forwarded.routeRetries,
      upgrade: this.upgrade !== "",
      p95Ms: pool.p95Ms,
    });
    if (afterMs === undefined) return;
    this.#hedge ??= new Hedge(this.#engine, this, this.#trail);
    this.#hedge.arm(pool, now + afterMs);
  }

  secondWorker(now: number): Worker | undefined {
    const { worker } = this.#attempt;
    if (this.#phase !== "trying" || !worker || !this.#pool) return undefined;
    this.tried = [...this.tried, worker];
    const second = this.#pool.take(this, now);
    return second === undefined || !this.#repetition.pay(this.#pool, now) ? undefined : second;
  }

  copyTo(attempt: Attempt, side: WorkerSide, now: number): void {
    this.#request.write(attempt, side, this.#account.method, this.#account.retries, now);
    side.requestEnd(this.#request.trailers);
    this.#expectHead(now);
    side.flush();
  }

  follow(attempt: Attempt, outcome: TryOutcome): void {
    this.#trail.follows(attempt, outcome, this.#engine.wheel.now);
    this.#attempt.leave("stalled");
    this.#attempt = attempt;
  }

  #expectHead(now: number): void {
    this.#deadline.setAt(this.#request.hops.within(now + this.#request.forwarded.headTimeoutMs));
  }

  #decide(failure: TryFailure, knownUnstarted = false): RetryDecision {
    const { worker, answerBegan } = this.#attempt;
    const tried = worker ? [...this.tried, worker] : this.tried;
    return this.#repetition.decide({
      failure,
      knownUnstarted,
      idempotent: this.idempotent,
      answerBegan,
      answerForwarded: this.#answerForwarded,
      anotherWorker: this.#pool?.hasAnother(tried, this.aim.subset) ?? false,
    });
  }

  /** To another worker. `counted`: against the budget; without a token the answer is `problem`. */
  #again(failure: TryFailure, counted: boolean, problem: ProblemName): void {
    const pool = this.#pool;
    if (!pool) return;
    const now = this.#engine.clock.now();
    if (counted && !this.#repetition.pay(pool, now)) {
      this.#trail.budgetEmpty();
      // It may still be answered where it is.
      return failure === "stalled" ? undefined : this.#loseWith(problem);
    }
    const { worker } = this.#attempt;
    this.#trail.tryEnds(failure, now);
    this.#attempt.leave("stalled");
    this.#attempt.sent = false;
    if (worker) this.tried = [...this.tried, worker];
    this.#choose(now);
  }

  /** Nothing has happened yet, and no worker has failed: it costs the budget nothing. */
  #takenBack(): void {
    const { worker } = this.#attempt;
    this.mayBeGivenBack = false;
    const tried = worker ? [...this.tried, worker] : this.tried;
    if (this.#pool?.hasAnother(tried, this.aim.subset) === true) this.tried = tried;
    this.#attempt.sent = false;
    this.#onAnotherConnection();
  }

  /** The idle connection was gone before anything was written to it: nothing has happened yet. */
  #onAnotherConnection(): void {
    const now = this.#engine.clock.now();
    this.#trail.tryEnds("unused", now);
    this.#attempt.free();
    this.#choose(now);
  }

  // --- Ends ---

  #timeUp(now: number): void {
    if (this.#phase === "waiting") {
      if (this.#request.hops.passed(now)) return this.#answerOwn("deadlinePassed");
      const admission = this.#pool?.admission(this, now);
      if (admission?.kind === "wait")
        return this.#deadline.setAt(this.#request.hops.within(now + admission.forMs));
      this.#answerOwn(admission?.kind === "refuse" ? admission.problem : "noLiveWorker");
    } else if (this.#phase === "trying" && this.#request.hops.passed(now)) {
      // That it took longer than this client would wait says nothing of the worker.
      this.#giveUp("timeout", this.#attempt.sent ? "headTimeout" : "deadlinePassed");
    } else if (this.#phase === "trying" && this.#attempt.sent) {
      // A client that is slow with its body is the client's half's business.
      if (!this.requestDone && !this.#requestPaused) return this.#expectHead(now);
      this.#attempt.failed();
      this.#giveUp("timeout", "headTimeout");
    } else if (this.#phase === "answering" && this.#requestPaused) {
      if (this.#account.bytesOut !== this.#bytesOutSeen) return this.#expectReading(now);
      this.#trail.note("not-reading");
      this.#attempt.leave("stalled");
      this.#cut();
    }
  }

  /**
   * The worker must read on, or say something: a client that is held up is not read, so that nobody would see it go.
   */
  #expectReading(now: number): void {
    this.#bytesOutSeen = this.#account.bytesOut;
    this.#deadline.setAt(now + this.#rules.settings.timeouts.stalledClientMs);
  }

  #giveUp(cause: CancelCause, problem: ProblemName): void {
    this.#trail.givenUp(cause);
    this.#attempt.leave(cause);
    this.#loseWith(problem);
  }

  #loseWith(problem: ProblemName): void {
    if (this.#answerForwarded) this.#cut();
    else this.#answerOwn(problem);
  }

  #cut(): void {
    this.#trail.end = "cut";
    this.#attempt.free();
    this.#client.cut();
    this.#finish();
  }

  #answerOwn(problem: ProblemName, fields?: GatewayAnswer["fields"]): void {
    this.#attempt.free();
    const answer = gatewayAnswer(problem, {
      requestId: this.#account.requestId,
      spent: this.#request.hops.spent,
      hints: this.#rules.settings.hints,
      service: this.#account.service,
      path: this.#account.path,
      fields,
      page: wantsPage(this.#rules.settings, this.#trail.head),
    });
    if (this.#pool) accountFor(this.#pool.budget, true, this.#account.retries, this.#engine.wheel.now);
    this.#engine.statistics.problem(answer.code);
    if (this.#pool !== undefined && shedding.has(problem)) this.#pool.counters.shed += 1;
    this.#account.answered(answer.status, this.#engine.clock.now(), answer.code);
    this.#trail.end = "own";
    this.#client.answerOwn(answer, this.requestDone);
    this.#finish();
  }

  #finish(): void {
    this.#phase = "over";
    this.aim.drop();
    this.#deadline.clear();
    this.#request.end();
    this.#hedge?.end();
    if (this.#place) this.#pool?.giveUp(this.#place);
    this.#place = undefined;
    tellFinished(this.#engine, this.#account, this.#trail, this.#client.origin.address);
    this.#account.close();
    this.#trail.close();
    this.#client.exchangeOver();
  }

  #pauseRequest(): void {
    if (this.#requestPaused) return;
    this.#requestPaused = true;
    if (this.#phase === "answering") this.#expectReading(this.#engine.wheel.now);
    this.#client.pauseRequest();
  }

  #resumeRequest(): void {
    if (!this.#requestPaused) return;
    this.#requestPaused = false;
    if (this.#phase === "answering") this.#deadline.clear();
    this.#client.resumeRequest();
  }
}
