import type { StatisticsReport } from "../protocol/evidence.ts";

const proxiesMax = 256;

/**
 * The latest report of every proxy. Reports hold counters since the proxy's start, so the latest one says all; a
 * replaced proxy begins at zero, which readers of counters expect.
 */
export class Statistics {
  readonly #reports = new Map<string, StatisticsReport>();

  take(report: StatisticsReport): void {
    if (!this.#reports.has(report.proxy) && this.#reports.size >= proxiesMax) return;
    this.#reports.set(report.proxy, report);
  }

  get reports(): Iterable<StatisticsReport> {
    return this.#reports.values();
  }
}
