import type { AnswerHead } from "../../http1/http1.ts";
import type { TryOutcome } from "../../protocol/requests.ts";
import type { Engine } from "../engine.ts";
import { Deadline } from "../timer-wheel.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Worker } from "../workers/worker.ts";
import type { Aim } from "./aim.ts";
import { Attempt } from "./attempt.ts";
import { type Asker, type BegunAnswer, type Loss, outcomeOf, type WorkerSide } from "./sides.ts";
import type { Trail } from "./trail.ts";

/** What a second try needs of the tries to which it belongs. */
export interface Hedged {
  /** Another worker, paid for; undefined: none is free, or it is too late, or too much. */
  secondWorker(now: number): Worker | undefined;
  /** Writes the whole request. */
  copyTo(attempt: Attempt, side: WorkerSide, now: number): void;
  /** The first try is left, as it came to `outcome`; this one goes on. */
  follow(attempt: Attempt, outcome: TryOutcome): void;
  /** By a fault of ours the request cannot go on. */
  failed(error: unknown): void;
}

/**
 * The second try of a request whose answer is late: whoever answers first is taken, the other is cancelled. One object
 * serves the requests of an exchange one after the other.
 *
 *   idle --arm--> armed --time over, a worker free--> trying --first byte, or the first try is lost--> leading
 *     ^             |                                   |                                                |
 *     +-------------+-- the first answers, this is lost +---------------------------------------- over --+
 *
 * Invariant: what it hears goes on to the exchange only while it leads.
 */
export class Hedge implements Asker {
  slot = 0;
  readonly #engine: Engine;
  readonly #asker: Asker;
  readonly #of: Hedged;
  readonly #trail: Trail;
  readonly #attempt = new Attempt(this);
  readonly #deadline: Deadline;
  #phase: "idle" | "armed" | "trying" | "leading" = "idle";
  #pool: ServicePool | undefined;

  /** `asker`: the exchange. */
  constructor(engine: Engine, asker: Asker, of: Hedged, trail: Trail) {
    this.#engine = engine;
    this.#asker = asker;
    this.#of = of;
    this.#trail = trail;
    this.#deadline = new Deadline(engine.wheel, (now) => this.#begin(now));
  }

  // --- The exchange speaks ---

  arm(pool: ServicePool, at: number): void {
    if (this.#phase !== "idle") return;
    this.#phase = "armed";
    this.#pool = pool;
    this.#deadline.setAt(at);
  }

  /** The first try has answered, or nobody wants an answer any more. */
  drop(outcome: TryOutcome = "overtaken"): void {
    if (this.#phase === "leading") return;
    if (this.#phase === "armed") this.#deadline.clear();
    if (this.#phase === "trying") {
      this.#trail.besideEnded(this.#attempt, outcome, this.#engine.wheel.now);
      if (outcome === "stalled") this.#attempt.unanswered();
      this.#attempt.leave("stalled");
    }
    this.#phase = "idle";
  }

  /** The first try is lost, by `outcome`. False: nothing is under way here. */
  takeOver(outcome: TryOutcome): boolean {
    if (this.#phase !== "trying") return false;
    this.#lead(outcome);
    return true;
  }

  /** The exchange is over. */
  end(): void {
    this.drop("left");
    this.#phase = "idle";
  }

  dispose(): void {
    this.#deadline.dispose();
  }

  #begin(now: number): void {
    const pool = this.#pool;
    if (this.#phase !== "armed" || !pool) return;
    const worker = this.#of.secondWorker(now);
    if (worker === undefined) {
      this.#phase = "idle";
      return;
    }
    this.#phase = "trying";
    if (this.#attempt.begin(pool, worker, now).connected) this.#send(now);
  }

  #send(now: number): void {
    const attempt = this.#attempt;
    if (!attempt.side) return;
    try {
      attempt.sent = true;
      attempt.sentAt = now;
      this.#of.copyTo(attempt, attempt.side, now);
      attempt.sentInFull(now);
    } catch (error) {
      this.#of.failed(error);
    }
  }

  #lead(outcome: TryOutcome): void {
    this.#phase = "leading";
    this.#of.follow(this.#attempt, outcome);
  }

  // --- The worker's half speaks ---

  readonly requestDone = true;
  readonly idempotent = true;
  readonly mayBeGivenBack = false;

  get aim(): Aim {
    return this.#asker.aim;
  }

  get answer(): BegunAnswer {
    return this.#attempt;
  }

  get retries(): number {
    return this.#asker.retries;
  }

  get upgrade(): string {
    return this.#asker.upgrade;
  }

  get notSent(): boolean {
    return !this.#attempt.sent;
  }

  moveAway(): void {
    if (this.#phase === "leading") this.#asker.moveAway();
    else this.drop("stalled");
  }

  workerConnected(): void {
    this.#send(this.#engine.clock.now());
  }

  workerDrained(): void {}

  workerBegan(): void {}

  answerByte(): void {
    if (this.#phase === "trying") this.#lead("overtaken");
    this.#asker.answerByte();
  }

  answerFault(detail: string | undefined): void {
    if (this.#phase === "leading") this.#asker.answerFault(detail);
  }

  answerInformational(head: AnswerHead): void {
    this.#asker.answerInformational(head);
  }

  answerHead(head: AnswerHead): void {
    this.#asker.answerHead(head);
  }

  switchProtocols(head: AnswerHead): void {
    this.#asker.switchProtocols(head);
  }

  answerData(bytes: Buffer, from: number, to: number): void {
    this.#asker.answerData(bytes, from, to);
  }

  answerTurn(): void {
    if (this.#phase === "leading") this.#asker.answerTurn();
  }

  answerEnd(trailers: string): void {
    this.#asker.answerEnd(trailers);
  }

  workerLost(loss: Loss): void {
    if (this.#phase === "leading") return this.#asker.workerLost(loss);
    this.#trail.besideEnded(this.#attempt, outcomeOf(loss), this.#engine.wheel.now);
    this.#attempt.sideEnded();
    if (loss === "lost") this.#attempt.unanswered();
    this.#attempt.free();
    this.#phase = "idle";
  }
}
