import { type StatisticsReport, workersReportedMax } from "../protocol/evidence.ts";
import type { Clock } from "../runtime/clock.ts";
import { MergedCounters } from "./metrics/merged-counters.ts";
import { isOfAnotherHost } from "./proxy-host.ts";
import { hasEnded, type Heard, isLive, type TableAge, tableAges } from "./table-ages.ts";

const proxiesMax = 256;
/** The series of a proxy that was silent so long end, but for the age of its table. */
const toldMs = 60_000;
/** They report each second: then one is missing. */
const silentMs = 1_500;
/** Then it is forgotten. */
const keptMs = 10 * 60_000;

/** Of one worker, all proxies together, as this controller counted. */
export interface WorkerCounts {
  answers: number;
  errors: number;
  latencySumMs: number;
  latency: readonly number[];
}

/**
 * The latest report of every proxy. Reports hold counters since the proxy's start, so the latest one says all; a
 * replaced proxy begins at zero, which readers of counters expect. Workers, which are many, are counted for all proxies
 * together, from this controller's start on.
 */
export class Statistics {
  readonly #clock: Clock;
  readonly #reports = new Map<string, Heard>();
  readonly #workers = new MergedCounters(2 * workersReportedMax);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(report: StatisticsReport): void {
    this.#forgetSilent();
    const before = this.#reports.get(report.proxy);
    if (before === undefined && this.#reports.size >= proxiesMax) return;
    if (before !== undefined && isOlder(report, before.report)) return;
    this.#reports.set(report.proxy, { report, at: this.#clock.now() });
    const { proxy: process, instance, workersLeftOut = 0 } = report;
    const [upMs, counts] = [upMsOf(report), workerCountsIn(report)];
    this.#workers.take({ process, instance, upMs, counts, leavesOut: workersLeftOut > 0 });
  }

  /** It is another gateway's now, which tells of it. Those of this host have no other. */
  reportsElsewhere(proxy: string): void {
    if (isOfAnotherHost(proxy)) this.#reports.delete(proxy);
  }

  get reports(): StatisticsReport[] {
    const now = this.#clock.now();
    return Array.from(this.#reports.values()).flatMap(({ report, at }) =>
      now - at > toldMs ? [] : [report],
    );
  }

  /** Without those that fell silent because they ended: what one does that is silent but serves is not known. */
  get reportsOfServing(): StatisticsReport[] {
    const heard = [...this.#reports.values()];
    const now = this.#clock.now();
    return heard.flatMap((one) => {
      const forMs = now - one.at;
      return forMs > toldMs || (forMs > silentMs && hasEnded(one, heard)) ? [] : [one.report];
    });
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
  workerCounts(service: string, id: string): WorkerCounts | undefined {
    const counts = this.#workers.get(workerKey(service, id));
    if (counts === undefined) return undefined;
    const [answers = 0, errors = 0, latencySumMs = 0, ...latency] = counts;
    return { answers, errors, latencySumMs, latency };
  }

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
