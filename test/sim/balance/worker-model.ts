import type { Random } from "../../../src/runtime/random.ts";
import { type Behaviour, Pace } from "./behaviour.ts";
import type { Timeline } from "./timeline.ts";

interface Job {
  workMs: number;
  done: () => void;
}

/** As the SDK sums up its event loop's delay. */
const delayWindowMs = 1_000;

/** A worker: so many requests are served at once, the others wait in the order in which they came. */
export class WorkerModel {
  readonly name: string;
  readonly joinsAtMs: number;
  /** Waiting and being served, from all gateways. */
  inFlight = 0;
  served = 0;
  readonly #slots: number;
  readonly #behaviour: Behaviour;
  readonly #pace: Pace;
  readonly #timeline: Timeline;
  readonly #waiting: Job[] = [];
  #busy = 0;

  constructor(name: string, behaviour: Behaviour, slots: number, timeline: Timeline, chance: Random) {
    this.name = name;
    this.joinsAtMs = behaviour.kind === "cold" ? behaviour.joinsAtMs : 0;
    this.#behaviour = behaviour;
    this.#slots = slots;
    this.#timeline = timeline;
    this.#pace = new Pace(behaviour, chance);
  }

  serve(workMs: number, done: () => void): void {
    this.inFlight += 1;
    if (this.#busy < this.#slots) this.#begin({ workMs, done });
    else this.#waiting.push({ workMs, done });
  }

  /** What the SDK would tell of its event loop. */
  get delayMs(): number {
    return this.#pace.longestStopMs(this.#timeline.nowMs, delayWindowMs);
  }

  #begin({ workMs, done }: Job): void {
    this.#busy += 1;
    const endsAt = this.#pace.endOf(this.#timeline.nowMs, workMs * this.#slowness());
    this.#timeline.at(endsAt, () => {
      this.#busy -= 1;
      this.inFlight -= 1;
      this.served += 1;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#begin(next);
      done();
    });
  }

  /** Of code that was not compiled yet: falls to 1 with the requests served. */
  #slowness(): number {
    if (this.#behaviour.kind !== "cold") return 1;
    const { slower, requests } = this.#behaviour;
    return 1 + (slower - 1) * Math.exp(-this.served / requests);
  }
}
