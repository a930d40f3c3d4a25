import type { WorkerStatistics } from "../evidence.ts";
import type { LiveProxy } from "../live.ts";
import { keyOf } from "./cluster.ts";
import { reportedSpan } from "./reported-span.ts";
import { quantile } from "./traffic.ts";

/** What one worker did in a span of time, as all proxies saw it. */
export interface WorkerTraffic {
  perSecond: number;
  errorShare: number;
  p99Ms: number | undefined;
}

/** Of all workers, in a span of time. */
export interface WorkerRates {
  /** By worker's key. Undefined: a proxy asked it too, and did not tell all. */
  asked: ReadonlyMap<string, WorkerTraffic | undefined>;
  /** Who is not among them was not asked; else it is unknown. */
  whole: boolean;
}

export const ratesUnknown: WorkerRates = { asked: new Map(), whole: false };
const idle: WorkerTraffic = { perSecond: 0, errorShare: 0, p99Ms: undefined };

/** Undefined: nobody told. */
export function rateOf({ asked, whole }: WorkerRates, key: string): WorkerTraffic | undefined {
  return asked.has(key) || !whole ? asked.get(key) : idle;
}

type Proxies = ReadonlyMap<string, LiveProxy>;
type Counted = Pick<WorkerStatistics, "answers" | "errors" | "latency">;
type Done = Counted & Pick<WorkerTraffic, "perSecond">;

/** Between two looks at the proxies' counters, which lie `looksMs` apart. */
export function workerTrafficBetween(before: Proxies, after: Proxies, looksMs: number): WorkerRates {
  const sums = new Map<string, Done>();
  const unknown = new Set<string>();
  const partial: ReadonlyMap<string, Counted>[] = [];
  for (const proxy of after.values()) {
    const span = reportedSpan(before.get(proxy.proxy), proxy, looksMs);
    if (span === undefined) partial.push(new Map());
    if (span === undefined || span.from === proxy) continue;
    const { from, ms } = span;
    const known = from === undefined ? new Map<string, Counted>() : byKey(from);
    const told = byKey(proxy);
    if (!isWhole(proxy)) partial.push(told);
    for (const [key, one] of told) {
      // It may have counted before as well, and was left out.
      if (from !== undefined && !known.has(key) && !isWhole(from)) unknown.add(key);
      sums.set(key, sumOf(sums.get(key), one, known.get(key), ms));
    }
  }
  const isKnown = (key: string): boolean => !unknown.has(key) && partial.every((told) => told.has(key));
  const asked = [...sums].map(([key, sum]): [string, WorkerTraffic | undefined] => [
    key,
    isKnown(key) ? trafficOf(sum) : undefined,
  ]);
  return { asked: new Map(asked), whole: partial.length === 0 };
}

function isWhole({ workers, workersLeftOut = 0 }: LiveProxy): boolean {
  return workers !== undefined && workersLeftOut === 0;
}

function byKey(proxy: LiveProxy): Map<string, Counted> {
  return new Map((proxy.workers ?? []).map((one) => [keyOf(one.service, one.id), one]));
}

/** A worker that counts less than before is another life, which began at zero. */
function sumOf(sum: Done | undefined, now: Counted, before: Counted | undefined, ms: number): Done {
  const start = before !== undefined && before.answers <= now.answers ? before : undefined;
  const answers = now.answers - (start?.answers ?? 0);
  return {
    perSecond: (sum?.perSecond ?? 0) + (answers * 1000) / ms,
    answers: (sum?.answers ?? 0) + answers,
    errors: (sum?.errors ?? 0) + now.errors - (start?.errors ?? 0),
    latency: now.latency.map((value, at) => (sum?.latency[at] ?? 0) + value - (start?.latency[at] ?? 0)),
  };
}

function trafficOf({ perSecond, answers, errors, latency }: Done): WorkerTraffic {
  return {
    perSecond,
    errorShare: answers > 0 ? errors / answers : 0,
    p99Ms: quantile(latency, 0.99),
  };
}
