import { Deadline, type TimerWheel } from "../timer-wheel.ts";
import type { Account } from "./account.ts";
import type { WorkerSide } from "./sides.ts";

/** Whose request it is. */
export interface FlowOwner {
  pauseRequest(): void;
  resumeRequest(): void;
  /** The worker has answered in part, and now neither reads nor says anything. */
  workerNotReading(): void;
}

/**
 * Whether a client is read on while its request goes to a worker. One object serves many requests in turn.
 *
 *   open <------------------> held up
 *     | the answer's head        | the answer's head
 *     v                          v
 *   open, answered <--------> held up, answered --the worker neither reads nor speaks--> `workerNotReading`
 */
export class RequestFlow {
  heldUp = false;
  readonly #owner: FlowOwner;
  readonly #wheel: TimerWheel;
  readonly #account: Account;
  readonly #deadline: Deadline;
  #answered = false;
  #stalledMs = 0;
  /** Of the answer, when it was last looked whether a worker that does not read the request says something at least. */
  #bytesOutSeen = 0;
  /** Within the client's turn: `turnOver` will flush. */
  #collecting = false;

  constructor(owner: FlowOwner, wheel: TimerWheel, account: Account) {
    this.#owner = owner;
    this.#wheel = wheel;
    this.#account = account;
    this.#deadline = new Deadline(wheel, (now) => this.#timeUp(now));
  }

  begin(stalledMs: number): void {
    this.heldUp = false;
    this.#answered = false;
    this.#stalledMs = stalledMs;
    this.#collecting = true;
  }

  /** All that the client sent in this turn has been handed over; to `side`, if any was sent. */
  turnOver(side: WorkerSide | undefined): void {
    this.#collecting = false;
    if (side !== undefined && !side.flush()) this.holdUp();
  }

  /** What was held has been handed over to `side`. */
  goOnTo(side: WorkerSide): void {
    this.goOn();
    if (!this.#collecting && !side.flush()) this.holdUp();
  }

  holdUp(): void {
    if (this.heldUp) return;
    this.heldUp = true;
    if (this.#answered) this.#expectReading(this.#wheel.now);
    this.#owner.pauseRequest();
  }

  goOn(): void {
    if (!this.heldUp) return;
    this.heldUp = false;
    if (this.#answered) this.#deadline.clear();
    this.#owner.resumeRequest();
  }

  answered(now: number): void {
    this.#answered = true;
    if (this.heldUp) this.#expectReading(now);
  }

  end(): void {
    this.#deadline.clear();
  }

  dispose(): void {
    this.#deadline.dispose();
  }

  /**
   * The worker must read on, or say something: a client that is held up is not read, so that nobody would see it go.
   */
  #expectReading(now: number): void {
    this.#bytesOutSeen = this.#account.bytesOut;
    this.#deadline.setAt(now + this.#stalledMs);
  }

  #timeUp(now: number): void {
    if (this.#account.bytesOut === this.#bytesOutSeen) this.#owner.workerNotReading();
    else this.#expectReading(now);
  }
}
