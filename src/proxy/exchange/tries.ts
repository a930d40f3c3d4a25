import { accountFor } from "../../core/retry/budget.ts";
import { hedgeAfterMs } from "../../core/retry/hedge.ts";
import { isIdempotent, type RetryDecision, type TryFailure } from "../../core/retry/retry.ts";
import type { Origin, RequestHead } from "../../http1/http1.ts";
import type { ProblemName } from "../../protocol/problem.ts";
import type { TryOutcome } from "../../protocol/requests.ts";
import type { Account } from "./account.ts";
import { Applicant, type InLine } from "./applicant.ts";
import { Attempt } from "./attempt.ts";
import type { Engine, LateSender } from "../engine.ts";
import { Hedge, type Hedged } from "./hedge.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";
import type { ForwardedRequest } from "./prepare-request.ts";
import { Repetition } from "./repetition.ts";
import type { RequestFlow } from "./request-flow.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import { type Asker, type CancelCause, type Loss, outcomeOf, type WorkerSide } from "./sides.ts";
import { Deadline } from "../timer-wheel.ts";
import type { Trail } from "./trail.ts";
import type { Worker } from "../workers/worker.ts";

/** Whose request is tried: it hears what the worker answers, and here that nothing (more) will come. */
export interface TriesOwner extends Asker {
  readonly origin: Origin;
  mayBeGivenBack: boolean;
  readonly awaitsContinue: boolean;
  /** The gateway has to answer itself. */
  answerOwn(problem: ProblemName): void;
  /** It has to answer itself, or to cut the answer that has begun. */
  loseWith(problem: ProblemName): void;
  /** The answer that has begun cannot be completed. */
  cut(): void;
  /** By a fault of ours. */
  failed(error: unknown): void;
}

/** What tries share with their exchange. */
export interface TriesParts {
  account: Account;
  request: OutgoingRequest;
  trail: Trail;
  flow: RequestFlow;
}

/**
 *              no worker, or all are full
 *   begin ----> waiting <---------------------+
 *     |            |                          | failed, and may be repeated
 *     |            v                          |
 *     +------> trying ------------------------+
 *                  | the answer's head
 *                  v
 *              answered
 *                  | the exchange is over (from anywhere)
 *                  v
 *                over
 */
type Phase = "over" | "waiting" | "trying" | "answered";

/**
 * Without a file or a port for a connection: another worker may have one that stands. Not all are asked: each of them refuses at once, one
 * directly after the other, and meanwhile nothing is read.
 */
const triedWithoutMeansMax = 4;

/** The tries of one request: at which worker, when again, when no more. One object serves many requests in turn. */
export class Tries implements LateSender, InLine, Hedged {
  readonly applicant: Applicant;
  /** Unset: it is not known where the request is to go. */
  pool: ServicePool | undefined;
  readonly #first: Attempt;
  /** The first one, or the hedge's when that leads. */
  attempt: Attempt;
  readonly #engine: Engine;
  readonly #owner: TriesOwner;
  readonly #account: Account;
  readonly #request: OutgoingRequest;
  readonly #trail: Trail;
  readonly #flow: RequestFlow;
  readonly #repetition: Repetition;
  readonly #deadline: Deadline;
  #hedge: Hedge | undefined;
  #phase: Phase = "over";
  /** The next worker that gives it back counts as one that lost it: none has it for ever. */
  #wasGivenBack = false;

  constructor(engine: Engine, owner: TriesOwner, { account, request, trail, flow }: TriesParts) {
    this.applicant = new Applicant(owner, this);
    this.#first = new Attempt(owner);
    this.attempt = this.#first;
    this.#engine = engine;
    this.#owner = owner;
    this.#account = account;
    this.#request = request;
    this.#trail = trail;
    this.#flow = flow;
    this.#repetition = new Repetition(engine, account, request, trail);
    this.#deadline = new Deadline(engine.wheel, (now) => {
      try {
        this.#timeUp(now);
      } catch (error) {
        this.failed(error);
      }
    });
  }

  /** A worker has it, and has not answered yet. */
  get trying(): boolean {
    return this.#phase === "trying";
  }

  begin(): void {
    this.attempt = this.#first;
    this.attempt.sent = false;
    this.#phase = "waiting";
    this.#wasGivenBack = false;
    this.pool = undefined;
    this.applicant.begin();
  }

  /** It is known where the request is to go. */
  routed(pool: ServicePool, prepared: ForwardedRequest, head: RequestHead): void {
    this.pool = pool;
    this.applicant.routed(pool, prepared, head, this.#owner.origin, this.#request.hops.until);
  }

  choose(now: number): void {
    const { pool, applicant } = this;
    if (!pool) return;
    if (now >= this.#request.hops.until) {
      return this.#owner.answerOwn(this.#tooLate(now, applicant.waited ? "queueTimeout" : "connectTimeout"));
    }
    const worker = pool.take(applicant, now);
    if (worker !== undefined) return this.#try(pool, worker, now);
    const admission = pool.line.admission(applicant, now);
    if (admission.kind === "refuse") return this.#owner.answerOwn(admission.problem);
    this.#trail.waits(now);
    this.#phase = "waiting";
    this.#waitFor(admission.kind === "wait" ? admission.forMs : 0, now);
    applicant.wait(pool, this.#trail.head, this.#owner.origin, now);
  }

  #try(pool: ServicePool, worker: Worker, now: number): void {
    this.#phase = "trying";
    this.#hedge?.end();
    this.attempt = this.#first;
    this.#account.picked(worker.id);
    const side = this.attempt.begin(pool, worker, now);
    this.#trail.chosen(this.attempt, worker, side, now);
    this.#deadline.setAt(this.#request.hops.until);
    // On one that was idle, what the worker has done meanwhile is read first: an end, or bytes that nobody asked for.
    if (side.connected && !side.reused) return this.send(now);
    if (side.connected) this.#engine.sendLater.add(this);
  }

  send(now: number): void {
    const { attempt } = this;
    const { side } = attempt;
    if (!side) return;
    if (now >= this.#request.hops.until) return this.giveUp("timeout", this.#tooLate(now, "connectTimeout"));
    attempt.sent = true;
    attempt.sentAt = now;
    const { requestDone, awaitsContinue } = this.#owner;
    this.#request.write(attempt, side, this.#account, now, requestDone);
    const { held } = this.#request;
    if (held.full || !(this.#owner.idempotent || side.tellsBeginning)) held.drop();
    if (requestDone) {
      side.requestEnd(this.#request.trailers);
      this.sentInFull(now);
    } else if (awaitsContinue) attempt.awaitWord(now);
    this.#flow.goOnTo(side);
  }

  /** After the sockets have been read: see `SendLater`. */
  sendNow(): void {
    // Meanwhile the client may have gone, or the connection: then there is nothing to send, or it is under way.
    if (this.#phase !== "trying" || this.attempt.sent || !this.attempt.side?.connected) return;
    try {
      this.send(this.#engine.clock.now());
    } catch (error) {
      this.failed(error);
    }
  }

  sentInFull(now: number): void {
    this.attempt.sentInFull(now);
    if (this.pool?.settings.hedge === true) this.#armHedge(this.pool, now);
  }

  /** Until now its client was what is waited for. */
  requestGoesOn(now: number): void {
    const { hops, forwarded } = this.#request;
    hops.goesOn(forwarded, now);
    this.applicant.deadlineAt = hops.until;
    this.#deadline.setAt(hops.until);
  }

  /** Some byte of the answer has come. */
  answerByte(now: number): void {
    this.#hedge?.drop();
    this.attempt.byte(now);
    this.#request.held.drop();
  }

  answered(status: number, now: number): void {
    this.#phase = "answered";
    this.#deadline.clear();
    this.attempt.answered(status, now, this.applicant.aim);
    if (this.pool) accountFor(this.pool.budget, status >= 500, this.#account.retries, now);
  }

  // --- The line speaks ---

  tryAgain(now: number): void {
    if (this.#phase !== "waiting") return;
    try {
      this.choose(now);
    } catch (error) {
      this.failed(error);
    }
  }

  displaced(): void {
    try {
      if (this.#phase === "waiting") this.#owner.answerOwn("displaced");
    } catch (error) {
      this.failed(error);
    }
  }

  // --- The hedge speaks ---

  #armHedge(pool: ServicePool, now: number): void {
    const afterMs = hedgeAfterMs({
      // By its method: who knows a key refuses what comes while it still works on the same.
      idempotent: isIdempotent(this.#account.method) && !this.#request.held.gone,
      repeated: this.#request.hops.spent,
      routeRetries: this.#request.forwarded.routeRetries,
      upgrade: this.#owner.upgrade !== "",
      p95Ms: pool.p95Ms,
    });
    if (afterMs === undefined) return;
    this.#hedge ??= new Hedge(this.#engine, this.#owner, this, this.#trail);
    this.#hedge.arm(pool, now + afterMs);
  }

  secondWorker(now: number): Worker | undefined {
    const { applicant, pool } = this;
    const { worker } = this.attempt;
    if (this.#phase !== "trying" || !worker || !pool) return undefined;
    const { tried } = applicant;
    applicant.tried = applicant.triedWith(worker);
    const second = pool.take(applicant, now);
    if (second !== undefined && this.#repetition.pay(pool, now)) return second;
    applicant.tried = tried;
    return undefined;
  }

  copyTo(attempt: Attempt, side: WorkerSide, now: number): void {
    this.#request.write(attempt, side, this.#account, now, true);
    side.requestEnd(this.#request.trailers);
    side.flush();
  }

  follow(attempt: Attempt, outcome: TryOutcome): void {
    this.#trail.follows(attempt, outcome, this.#engine.wheel.now);
    if (outcome === "stalled") this.attempt.unanswered();
    this.attempt.leave("stalled");
    this.attempt = attempt;
  }

  // --- A try failed ---

  /**
   * The worker is out: if this request has no byte of an answer, and may be repeated or never begins there, it goes to
   * another one.
   */
  moveAway(): void {
    if (this.#phase !== "trying" || this.attempt.answerBegan) return;
    if (this.#hedge?.takeOver("stalled") === true) return;
    if (!this.attempt.sent) return this.#again("stalled", false, "headTimeout");
    const decision = this.#decide("stalled", this.attempt.side?.unbegun);
    if (decision.kind === "retry") this.#again("stalled", decision.counted, decision.problem);
  }

  /** The worker's half ended before the answer did. */
  workerLost(loss: Loss): void {
    this.attempt.sideEnded();
    if (loss === "lost" && this.#phase === "trying") this.attempt.unanswered();
    if (this.#hedge?.takeOver(outcomeOf(loss)) === true) return;
    if (loss === "unused") return this.#onAnotherConnection();
    if (loss === "given-back" && !this.#wasGivenBack && !this.#request.held.gone) return this.#takenBack();
    if (loss === "unasked-upgrade") {
      this.#trail.note(loss);
      return this.#owner.loseWith("upgradeRefused");
    }
    const unstarted = loss === "unstarted" || loss === "given-back";
    const failure = loss === "lost" || unstarted ? "reset" : loss === "no-means" ? "connect-timeout" : loss;
    const triesMax = loss === "no-means" ? triedWithoutMeansMax : Infinity;
    const decision = this.#decide(failure, unstarted, triesMax);
    if (loss === "no-means") this.#trail.note(loss);
    switch (decision.kind) {
      case "retry":
        return this.#again(failure, decision.counted, decision.problem);
      case "answer":
        if (loss === "bad-answer") this.attempt.failed(this.applicant.aim);
        return this.#owner.loseWith(decision.problem);
      case "abort":
      case "wait":
        if (loss === "bad-answer") this.attempt.brokeOff(this.applicant.aim);
        return this.#owner.cut();
    }
  }

  #decide(failure: TryFailure, knownUnstarted = false, triesMax = Infinity): RetryDecision {
    const { worker, answerBegan } = this.attempt;
    const { applicant } = this;
    const tried = applicant.triedWith(worker);
    return this.#repetition.decide({
      failure,
      knownUnstarted,
      idempotent: this.#owner.idempotent,
      answerBegan,
      answerForwarded: this.#phase === "answered",
      anotherWorker: tried.length < triesMax && this.pool?.hasAnother(tried, applicant.aim.subset) === true,
    });
  }

  /** To another worker. `counted`: against the budget; without a token the answer is `problem`. */
  #again(failure: TryFailure, counted: boolean, problem: ProblemName): void {
    const { pool } = this;
    if (!pool) return;
    const now = this.#engine.clock.now();
    if (counted && !this.#repetition.pay(pool, now)) {
      this.#trail.budgetEmpty();
      // It may still be answered where it is.
      return failure === "stalled" ? undefined : this.#owner.loseWith(problem);
    }
    const { worker } = this.attempt;
    this.#trail.tryEnds(failure, now);
    if (failure === "stalled") this.attempt.unanswered();
    this.attempt.leave("stalled");
    this.attempt.sent = false;
    this.applicant.tried = this.applicant.triedWith(worker);
    this.choose(now);
  }

  /** Nothing has happened yet, and no worker has failed: it costs the budget nothing. */
  #takenBack(): void {
    const { applicant } = this;
    this.#wasGivenBack = true;
    this.#owner.mayBeGivenBack = false;
    const tried = applicant.triedWith(this.attempt.worker);
    if (this.pool?.hasAnother(tried, applicant.aim.subset) === true) applicant.tried = tried;
    this.attempt.sent = false;
    this.#onAnotherConnection();
  }

  /** The idle connection was gone before anything was written to it: nothing has happened yet. */
  #onAnotherConnection(): void {
    const now = this.#engine.clock.now();
    this.#trail.tryEnds("unused", now);
    this.attempt.free();
    this.choose(now);
  }

  // --- Ends ---

  failed(error: unknown): void {
    this.#owner.failed(error);
  }

  #timeUp(now: number): void {
    if (this.#phase === "waiting") this.#waitedInVain(now);
    else if (this.#phase !== "trying") return;
    else if (!this.attempt.sent) this.giveUp("timeout", this.#tooLate(now, "connectTimeout"));
    else if (this.#request.hops.passed(now)) {
      // That it took longer than this client would wait says nothing of the worker.
      this.giveUp("timeout", "headTimeout");
    } else this.#noHeadInTime(now);
  }

  #noHeadInTime(now: number): void {
    // A client that is slow with its body is the client's half's business.
    const { requestDone, awaitsContinue } = this.#owner;
    if (!requestDone && !awaitsContinue && !this.#flow.heldUp) return this.requestGoesOn(now);
    const { hops, forwarded } = this.#request;
    if (hops.gaveTimeSince(this.attempt.sentAt, forwarded)) this.attempt.failed(this.applicant.aim);
    this.giveUp("timeout", "headTimeout");
  }

  /** No worker has it yet, and nobody waits any more. `problem`: where the route's time is over. */
  #tooLate(now: number, problem: ProblemName): ProblemName {
    return this.#request.hops.passed(now) ? "deadlinePassed" : problem;
  }

  #waitedInVain(now: number): void {
    const { pool, applicant } = this;
    if (!pool) return;
    if (this.#request.hops.passed(now)) return this.#owner.answerOwn("deadlinePassed");
    const admission = pool.line.admission(applicant, now);
    if (admission.kind === "wait") this.#waitFor(admission.forMs, now);
    else if (!applicant.goAnyway(pool, now)) {
      this.#owner.answerOwn(admission.kind === "refuse" ? admission.problem : "queueTimeout");
    }
  }

  #waitFor(ms: number, now: number): void {
    this.#deadline.setAt(Math.min(now + ms, this.#request.hops.until));
  }

  giveUp(cause: CancelCause, problem: ProblemName): void {
    this.#trail.givenUp(cause, this.attempt.sent);
    this.attempt.leave(cause);
    this.#owner.loseWith(problem);
  }

  /** The exchange is over. */
  end(): void {
    this.#phase = "over";
    this.#deadline.clear();
    this.#hedge?.end();
    this.applicant.end(this.pool);
  }

  dispose(): void {
    this.#deadline.dispose();
    this.#hedge?.dispose();
  }
}
