import { isIdempotent } from "../../core/retry/retry.ts";
import type { AnswerHead, Origin, RequestHead } from "../../http1/http1.ts";
import { type ProblemName, problems } from "../../protocol/problem.ts";
import { Account } from "./account.ts";
import type { Aim } from "./aim.ts";
import type { Engine, Rules } from "../engine.ts";
import type { GatewayAnswer } from "./gateway-answer.ts";
import { tellFault } from "./fault.ts";
import { OutgoingRequest } from "./outgoing-request.ts";
import { ownAnswer } from "./own-answer.ts";
import { prepareRequest, requestIdOf } from "./prepare-request.ts";
import { type FlowOwner, RequestFlow } from "./request-flow.ts";
import type { BegunAnswer, ClientSide, Loss } from "./sides.ts";
import { tellFinished } from "../reports/tell-finished.ts";
import { Trail } from "./trail.ts";
import { Tries, type TriesOwner } from "./tries.ts";

/**
 *   over --begin--> tried: see `Tries` --the answer's head--> answering     (after a 101 as a tunnel)
 *     ^               | an own answer given, the client gone    | answer whole, or cut; the client gone
 *     +---------------+-----------------------------------------+
 */
type Phase = "over" | "tried" | "answering";

/** 1xx answers to one request: more than this is no sound worker. */
const informationalMax = 10;

/**
 * One request and its answer, between a client's half and a worker's half. At which worker, is the business of
 * `Tries`. Knows neither framing nor sockets. One object serves many requests one after the other, of whatever client.
 */
export class Exchange implements TriesOwner, FlowOwner {
  /** Position among the worker's exchanges; the pool's. */
  slot = 0;
  /** The client has sent the whole request. */
  requestDone = false;
  /** Repeating it has the effect of sending it once. */
  idempotent = false;
  mayBeGivenBack = false;
  readonly #engine: Engine;
  #client: ClientSide;
  readonly #account = new Account();
  readonly #trail: Trail;
  readonly #request = new OutgoingRequest();
  readonly #flow: RequestFlow;
  readonly #tries: Tries;
  #phase: Phase = "over";
  #rules: Rules;
  #informational = 0;
  /** The worker's 100 has been passed on. */
  #expects = false;
  #continued = false;
  #tunnel = false;

  constructor(engine: Engine, client: ClientSide) {
    this.#engine = engine;
    this.#client = client;
    this.#rules = engine.rules();
    this.#trail = new Trail(this.#account, this.#rules);
    this.#flow = new RequestFlow(this, engine.wheel, this.#account);
    this.#tries = new Tries(engine, this, {
      account: this.#account,
      request: this.#request,
      trail: this.#trail,
      flow: this.#flow,
    });
  }

  /** From now on its requests are this client's. */
  serve(client: ClientSide): void {
    this.#client = client;
  }

  get origin(): Origin {
    return this.#client.origin;
  }

  /** The protocol asked for and allowed, or empty. */
  get upgrade(): string {
    return this.#request.forwarded.upgrade;
  }

  get notSent(): boolean {
    return !this.#tries.attempt.sent;
  }

  get aim(): Aim {
    return this.#tries.applicant.aim;
  }

  get answer(): BegunAnswer {
    return this.#tries.attempt;
  }

  get retries(): number {
    return this.#account.retries;
  }

  // --- The client's half speaks ---

  /** `bodyless`: the request ends with its head. The head is the parser's: valid as long as the exchange lasts. */
  begin(head: RequestHead, bodyless: boolean, now: number): void {
    this.#reset(head, now);
    this.requestDone = bodyless;
    const { origin } = this.#client;
    const traced = this.#request.trace !== undefined;
    const prepared = prepareRequest(this.#engine, this.#rules, head, origin, this.#account.requestId, traced);
    if (typeof prepared === "string") return this.answerOwn(prepared);
    this.#request.routed(prepared, now);
    if (prepared.keyed) this.idempotent = true;
    const pool = this.#engine.pool(prepared.service);
    this.#tries.routed(pool, prepared, head);
    this.#trail.pool = pool;
    this.#account.routed(prepared, pool.counters, this.#engine.statistics.route(prepared.route));
    const refused = this.#engine.rateLimits.refusal(prepared, head, origin, now);
    if (refused === undefined) this.#tries.choose(now);
    else this.answerOwn("rateLimited", refused);
  }

  #reset(head: RequestHead, now: number): void {
    this.#rules = this.#engine.rules();
    this.#account.begin(head, requestIdOf(this.#engine, head, this.#client.origin), now);
    this.#trail.begin(head, this.#rules, this.#engine.tracer?.begin(head, this.#client.origin));
    this.#request.begin(now, this.#trail.trace);
    this.#flow.begin(this.#rules.settings.timeouts.stalledClientMs);
    this.#tries.begin();
    this.#phase = "tried";
    this.idempotent = isIdempotent(head.method);
    const bodyBytes = head.framing === "chunked" ? Infinity : head.contentLength;
    this.mayBeGivenBack = bodyBytes <= this.#rules.settings.limits.replayBodyBytesMax;
    this.#informational = 0;
    this.#expects = head.expectContinue;
    this.#continued = false;
    this.#tunnel = false;
  }

  /** The client does not send its body before the worker has said that it wants it. */
  get awaitsContinue(): boolean {
    return this.#expects && !this.#continued && this.#account.bytesIn === 0;
  }

  requestData(bytes: Buffer, from: number, to: number): void {
    if (this.#phase === "over") return;
    if (this.awaitsContinue) this.#tries.attempt.awaitNoWord();
    this.#account.bytesIn += to - from;
    if (this.#account.bytesIn > this.#request.forwarded.bodyBytesMax && !this.#tunnel) {
      return this.#tries.giveUp("aborted", "bodyTooLarge");
    }
    const { sent, side } = this.#tries.attempt;
    this.#request.take(bytes, from, to, this.#rules.settings.limits.replayBodyBytesMax, sent);
    if (!sent) {
      if (this.#request.held.full) this.#flow.holdUp();
      return;
    }
    side?.requestData(bytes, from, to);
    if (this.#tries.trying) this.#tries.requestGoesOn(this.#engine.wheel.now);
  }

  requestEnd(trailers: string): void {
    if (this.#phase === "over") return;
    this.requestDone = true;
    this.#request.trailers = trailers;
    const { sent, side } = this.#tries.attempt;
    if (!sent) return;
    side?.requestEnd(trailers);
    if (!this.#tries.trying) return;
    const { now } = this.#engine.wheel;
    this.#tries.requestGoesOn(now);
    this.#tries.sentInFull(now);
  }

  /** All that the client sent in this turn has been handed over. */
  requestTurn(): void {
    const { sent, side } = this.#tries.attempt;
    this.#flow.turnOver(sent ? side : undefined);
  }

  /** The request's body breaks its framing, or does not come: the worker must not take it for whole. */
  requestBroken(problem: ProblemName, detail?: string): void {
    if (this.#phase === "over") return;
    this.#trail.detail = detail;
    this.#tries.giveUp("aborted", problem);
  }

  /** `stalled`: by its silence. */
  clientGone(stalled = false): void {
    if (this.#phase === "over") return;
    try {
      this.#trail.end = this.#engine.closed ? "stopped" : stalled ? "client-stalled" : "client-gone";
      this.#tries.attempt.leave("aborted");
      this.#finish();
    } catch (error) {
      this.failed(error);
    }
  }

  clientDrained(): void {
    this.#tries.attempt.side?.resumeAnswer();
  }

  /** No further request comes. A deadline that only was cleared would keep all this alive until its slot comes round. */
  dispose(): void {
    this.#flow.dispose();
    this.#tries.dispose();
  }

  // --- The worker's half speaks ---
  // In the middle of another request's work, or with nobody above it: see `failed`.

  moveAway(): void {
    try {
      this.#tries.moveAway();
    } catch (error) {
      this.failed(error);
    }
  }

  workerConnected(): void {
    try {
      this.#tries.send(this.#engine.clock.now());
    } catch (error) {
      this.failed(error);
    }
  }

  workerDrained(): void {
    try {
      this.#flow.goOn();
    } catch (error) {
      this.failed(error);
    }
  }

  /**
   * The worker begins with the request: from now on it is repeated only if it may be. Where it has a time to begin by, it
   * may still find that it is too late.
   */
  workerBegan(): void {
    if (!this.idempotent && !this.mayBeGivenBack) this.#request.held.drop();
  }

  answerByte(): void {
    this.#tries.answerByte(this.#engine.wheel.now);
  }

  answerFault(detail: string | undefined): void {
    this.#trail.detail = detail;
  }

  answerInformational(head: AnswerHead): void {
    this.#informational += 1;
    if (this.#informational > informationalMax) return this.#tries.giveUp("bad-answer", "badAnswer");
    if (head.status === 100 && this.#continued) return;
    if (head.status === 100) this.#continued = true;
    this.#client.answerInformational(head);
  }

  answerHead(head: AnswerHead): void {
    this.#beginAnswer(head.status);
    if (!this.requestDone) this.#tries.attempt.side?.spoil();
    this.#client.answerHead(head, this.requestDone, this.#account.requestId);
  }

  switchProtocols(head: AnswerHead): void {
    this.#beginAnswer(head.status);
    this.requestDone = false;
    this.#tunnel = true;
    this.#client.switchProtocols(head, this.#account.requestId);
  }

  #beginAnswer(status: number): void {
    const { now } = this.#engine.wheel;
    this.#phase = "answering";
    this.#flow.answered(now);
    this.#account.answered(status, now);
    this.#tries.answered(status, now);
  }

  /** What the gateway adds to the head of a worker's answer: lines, or nothing. */
  addedFields(head: AnswerHead): string {
    const { pool, applicant, attempt } = this.#tries;
    if (pool?.sticky === undefined) return "";
    return pool.bindingField(applicant.aim, attempt.worker, head, this.#client.origin, this.#trail.head);
  }

  answerData(bytes: Buffer, from: number, to: number): void {
    this.#account.bytesOut += to - from;
    this.#client.answerData(bytes, from, to);
  }

  /** What came in one turn has been handed over. */
  answerTurn(): void {
    try {
      if (this.#phase !== "over" && !this.#client.flush()) this.#tries.attempt.side?.pauseAnswer();
    } catch (error) {
      this.failed(error);
    }
  }

  /** The answer is whole; the connection is already back in the pool, or destroyed. */
  answerEnd(trailers: string): void {
    try {
      this.#tries.attempt.free();
      this.#client.answerEnd(trailers);
      this.#finish();
    } catch (error) {
      this.failed(error);
    }
  }

  workerLost(loss: Loss): void {
    try {
      if (this.#phase !== "over") this.#tries.workerLost(loss);
    } catch (error) {
      this.failed(error);
    }
  }

  // --- The flow of the request speaks ---

  pauseRequest(): void {
    this.#client.pauseRequest();
  }

  resumeRequest(): void {
    this.#client.resumeRequest();
  }

  workerNotReading(): void {
    this.#trail.note("not-reading");
    this.#tries.attempt.leave("stalled");
    this.cut();
  }

  // --- Ends ---

  /**
   * A fault of ours is this request's alone: whoever called may be in the middle of what is another's, or have nobody above it
   * who would catch anything. Every call from the worker's half, the line, the wheel or a late write ends here with it.
   */
  failed(error: unknown): void {
    tellFault(this.#engine, error);
    if (this.#phase === "over") return;
    try {
      this.#tries.attempt.leave("aborted");
      this.#cutFor("internal");
    } catch (another) {
      tellFault(this.#engine, another);
    }
  }

  loseWith(problem: ProblemName): void {
    if (this.#phase === "answering") this.#cutFor(problem);
    else this.answerOwn(problem);
  }

  #cutFor(problem: ProblemName): void {
    this.#account.reason = problems[problem].code;
    this.cut();
  }

  cut(): void {
    this.#trail.end = "cut";
    this.#tries.attempt.free();
    this.#client.cut();
    this.#finish();
  }

  answerOwn(problem: ProblemName, fields?: GatewayAnswer["fields"]): void {
    this.#tries.attempt.free();
    const answer = ownAnswer(problem, fields, {
      engine: this.#engine,
      account: this.#account,
      trail: this.#trail,
      pool: this.#tries.pool,
      spent: this.#request.hops.spent,
    });
    this.#client.answerOwn(answer, this.requestDone);
    this.#finish();
  }

  /** Whatever cannot be told of it, its client is done with it. */
  #finish(): void {
    this.#phase = "over";
    try {
      this.#flow.end();
      this.#tries.end();
      this.#request.end();
      tellFinished(this.#engine, this.#account, this.#trail, this.#client.origin);
    } finally {
      this.#account.close();
      this.#trail.close();
      this.#client.exchangeOver();
    }
  }
}
