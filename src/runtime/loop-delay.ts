import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock, Timer } from "./clock.ts";
import { Recent } from "./recent.ts";

const resolutionMs = 20;
const everyMs = 1_000;

/** How late this process' event loop came to what was due. Costs a timer each 20 ms, and one each second. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #recent = new Recent();
  readonly #timer: Timer;

  constructor(clock: Clock) {
    this.#histogram.enable();
    this.#timer = clock.every(everyMs, () => {
      // It measures from timer to timer: its own interval is no delay.
      this.#recent.add(Math.max(0, this.#histogram.percentile(99) / 1e6 - resolutionMs));
      this.#histogram.reset();
    });
  }

  /** The worst second of the last 15: of its delays the 99th percentile. */
  get p99Ms(): number {
    return this.#recent.max;
  }

  stop(): void {
    this.#timer.cancel();
    this.#histogram.disable();
  }
}
