import type { StatisticsReport } from "../protocol/evidence.ts";
import type { Clock } from "../runtime/clock.ts";

const proxiesMax = 256;
/** A proxy that was silent so long is gone: its series end. */
const keptMs = 60_000;
/** They report each second. */
const liveMs = 3_500;

/**
 * The latest report of every proxy. Reports hold counters since the proxy's start, so the latest one says all; a
 * replaced proxy begins at zero, which readers of counters expect.
 */
export class Statistics {
  readonly #clock: Clock;
  readonly #reports = new Map<string, { report: StatisticsReport; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(report: StatisticsReport): void {
    this.#forgetSilent();
    if (!this.#reports.has(report.proxy) && this.#reports.size >= proxiesMax) return;
    this.#reports.set(report.proxy, { report, at: this.#clock.now() });
  }

  get reports(): StatisticsReport[] {
    this.#forgetSilent();
    return Array.from(this.#reports.values(), ({ report }) => report);
  }

  /** Proxies that report. */
  get live(): number {
    const now = this.#clock.now();
    return Array.from(this.#reports.values()).filter(({ at }) => now - at < liveMs).length;
  }

  #forgetSilent(): void {
    const now = this.#clock.now();
    for (const [proxy, { at }] of this.#reports) if (now - at > keptMs) this.#reports.delete(proxy);
  }
}
