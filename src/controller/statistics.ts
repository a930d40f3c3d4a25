import {
  type AnswerStatistics,
  routesReportedMax,
  type StatisticsReport,
  workersReportedMax,
} from "../protocol/evidence.ts";
import type { Clock } from "../runtime/clock.ts";
import { MergedCounters } from "./metrics/merged-counters.ts";
import { type Heard, isLive, type TableAge, tableAges } from "./table-ages.ts";

const proxiesMax = 256;
/** The series of a proxy that was silent so long end, but for the age of its table. */
const toldMs = 60_000;
/** Then it is forgotten. */
const keptMs = 10 * 60_000;
const statusClasses = 5;

/** Of one worker, all proxies together. */
export interface WorkerCounts {
  answers: number;
  errors: number;
  latencySumMs: number;
  latency: readonly number[];
}

/**
 * The latest report of every proxy. Reports hold counters since the proxy's start, so the latest one says all; a
 * replaced proxy begins at zero, which readers of counters expect. Workers and routes, which are many, are counted for
 * all proxies together.
 */
export class Statistics {
  readonly #clock: Clock;
  readonly #reports = new Map<string, Heard>();
  readonly #workers: MergedCounters;
  readonly #routes: MergedCounters;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#workers = new MergedCounters(2 * workersReportedMax);
    this.#routes = new MergedCounters(routesReportedMax);
  }

  take(report: StatisticsReport): void {
    this.#forgetSilent();
    const before = this.#reports.get(report.proxy);
    if (before === undefined && this.#reports.size >= proxiesMax) return;
    if (before !== undefined && isOlder(report, before.report)) return;
    this.#reports.set(report.proxy, { report, at: this.#clock.now() });
    const { proxy: process, instance, workersLeftOut = 0 } = report;
    const look = { process, instance, upMs: upMsOf(report) };
    this.#workers.take({ ...look, counts: workerCountsIn(report), leavesOut: workersLeftOut > 0 });
    this.#routes.take({ ...look, counts: routeCountsIn(report), leavesOut: false });
  }

  get reports(): StatisticsReport[] {
    const now = this.#clock.now();
    return Array.from(this.#reports.values()).flatMap(({ report, at }) =>
      now - at > toldMs ? [] : [report],
    );
  }

  get tableAges(): TableAge[] {
    this.#forgetSilent();
    return tableAges([...this.#reports.values()], this.#clock.now());
  }

  /** Proxies that report. */
  get live(): number {
    const now = this.#clock.now();
    return Array.from(this.#reports.values()).filter((one) => isLive(one, now)).length;
  }

  /** Undefined: no proxy has asked it. */
  workers = (service: string, id: string): WorkerCounts | undefined => {
    const counts = this.#workers.get(workerKey(service, id));
    if (counts === undefined) return undefined;
    const [answers = 0, errors = 0, latencySumMs = 0, ...latency] = counts;
    return { answers, errors, latencySumMs, latency };
  };

  routes = (): [string, AnswerStatistics][] =>
    Array.from(this.#routes.entries(), ([name, [latencySumMs = 0, ...counts]]) => {
      const byStatusClass = counts.slice(0, statusClasses);
      return [name, { latencySumMs, byStatusClass, latency: counts.slice(statusClasses) }];
    });

  /** With too many, sooner. */
  #forgetSilent(): void {
    const now = this.#clock.now();
    const mostMs = this.#reports.size < proxiesMax ? keptMs : toldMs;
    for (const [proxy, { at }] of this.#reports) if (now - at > mostMs) this.#reports.delete(proxy);
  }
}

/** Those that came over different controllers may have changed their order. */
function isOlder(report: StatisticsReport, than: StatisticsReport): boolean {
  return report.instance === than.instance && upMsOf(report) < upMsOf(than);
}

/** Older proxies do not tell it. */
function upMsOf({ process }: StatisticsReport): number {
  return process?.upMs ?? Number.POSITIVE_INFINITY;
}

function workerKey(service: string, id: string): string {
  return `${service}\n${id}`;
}

function workerCountsIn({ workers = [] }: StatisticsReport): Map<string, number[]> {
  return new Map(
    workers.map(({ service, id, answers, errors, latencySumMs = 0, latency }) => [
      workerKey(service, id),
      [answers, errors, latencySumMs, ...latency],
    ]),
  );
}

function routeCountsIn({ routes = {} }: StatisticsReport): Map<string, number[]> {
  return new Map(
    Object.entries(routes).map(([name, { latencySumMs, byStatusClass, latency }]) => [
      name,
      [latencySumMs, ...byStatusClass, ...latency],
    ]),
  );
}
