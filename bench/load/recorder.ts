import type { Latency } from "../suite/results.ts";
import { quantile } from "../suite/statistics.ts";

/** What a load has seen. */
export interface Record {
  requests: number;
  /** From the first request that was due to the last answer. */
  seconds: number;
  latency: Latency;
}

/** Every latency of a load, exactly: no buckets. Milliseconds. */
export class Recorder {
  onComplete: (() => void) | undefined;
  readonly #expected: number;
  readonly #latencies: number[] = [];
  readonly #late: number[] = [];
  readonly #startAt: number;
  #lastAt: number;

  /** `expected`: so many answers complete it. */
  constructor(expected: number, startAt: number) {
    this.#expected = expected;
    this.#startAt = startAt;
    this.#lastAt = startAt;
  }

  /** An arrival was seen to, so long after it was due. One that is early is not late. */
  taken(lateMs: number): void {
    this.#late.push(Math.max(0, lateMs));
  }

  answered(latencyMs: number, now: number): void {
    this.#latencies.push(latencyMs);
    this.#lastAt = now;
    if (this.#latencies.length === this.#expected) this.onComplete?.();
  }

  record(): Record {
    const latencies = Float64Array.from(this.#latencies).sort();
    const late = Float64Array.from(this.#late.length === 0 ? [0] : this.#late).sort();
    return {
      requests: latencies.length,
      seconds: (this.#lastAt - this.#startAt) / 1000,
      latency: {
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        p999: quantile(latencies, 0.999),
        max: quantile(latencies, 1),
        lateP50: quantile(late, 0.5),
        lateP99: quantile(late, 0.99),
        lateMax: quantile(late, 1),
      },
    };
  }
}
