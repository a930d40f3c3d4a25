import { beginWithinMs, cannotBeginAt, type FrameWriter } from "../../link/link.ts";
import type { Engine } from "../engine.ts";
import { Deadline } from "../timer-wheel.ts";

/** The link that it is for. */
interface Limited {
  readonly readsOn: boolean;
  moveUnbegun(now: number): void;
}

/** There is more to read than two turns of the event loop bring. */
const readOnMs = 10;

/** Until when a worker may begin with what is sent to it over a link, so that it can be taken back: see link/begin-by.ts. */
export class BeginLimit {
  /** The worker keeps to it, on the same clock, and nothing is lost on the way. */
  kept = false;
  readonly #engine: Engine;
  readonly #frames: FrameWriter;
  readonly #link: Limited;
  readonly #takingBack: Deadline;
  /** What was told last, in which turn. */
  #told = Infinity;
  #turn = 0;
  /** Of all that was told: the latest. */
  #latest = -Infinity;

  constructor(engine: Engine, frames: FrameWriter, link: Limited) {
    this.#engine = engine;
    this.#frames = frames;
    this.#link = link;
    this.#takingBack = new Deadline(engine.wheel, (now) =>
      engine.clock.afterPendingInput(() => this.#takeBackNow(now)),
    );
  }

  /** Until when a request that is sent next begins, if it is not to run twice. */
  tell(limited: boolean): number {
    const told = this.#told;
    if (!this.kept || (!limited && told === Infinity)) return Infinity;
    const { turn } = this.#frames;
    // One for all of a turn.
    if (limited && turn === this.#turn && told !== Infinity) return told;
    this.#told = limited ? this.#engine.wheel.readClock() + beginWithinMs : Infinity;
    this.#turn = turn;
    if (limited) this.#latest = this.#told;
    this.#frames.beginBy(this.#told);
    return this.#told;
  }

  /** What the worker has not begun with moves as soon as it is certain that it will not. */
  takeBack(): void {
    if (this.#latest > -Infinity) this.#takingBack.setAt(cannotBeginAt(this.#latest));
  }

  /** Never before what had come by then is read. */
  #takeBackNow(now: number): void {
    if (this.#link.readsOn) this.#takingBack.setAt(now + readOnMs);
    else this.#link.moveUnbegun(now);
  }

  dispose(): void {
    this.#takingBack.dispose();
  }
}
