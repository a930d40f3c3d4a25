import type { WorkerStatistics } from "../evidence.ts";
import type { LiveProxy } from "../live.ts";
import { keyOf } from "./cluster.ts";
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

export function workerTrafficBetween(before: Proxies, after: Proxies, elapsedMs: number): WorkerRates {
  const sums = new Map<string, Counted>();
  const unknown = new Set<string>();
  const partial: ReadonlyMap<string, Counted>[] = [];
  for (const proxy of after.values()) {
    const earlier = before.get(proxy.proxy);
    // Of one that was not known before, nobody can say when it counted what.
    if (earlier === undefined) continue;
    const same = earlier.instance === proxy.instance;
    const known = same ? byKey(earlier) : new Map<string, Counted>();
    const told = byKey(proxy);
    if (!isWhole(proxy)) partial.push(told);
    for (const [key, one] of told) {
      // It may have counted before as well, and was left out.
      if (same && !known.has(key) && !isWhole(earlier)) unknown.add(key);
      sums.set(key, sumOf(sums.get(key), one, known.get(key)));
    }
  }
  const isKnown = (key: string): boolean => !unknown.has(key) && partial.every((told) => told.has(key));
  const asked = [...sums].map(([key, sum]): [string, WorkerTraffic | undefined] => [
    key,
    isKnown(key) ? trafficOf(sum, elapsedMs) : undefined,
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
function sumOf(sum: Counted | undefined, now: Counted, before: Counted | undefined): Counted {
  const start = before !== undefined && before.answers <= now.answers ? before : undefined;
  return {
    answers: (sum?.answers ?? 0) + now.answers - (start?.answers ?? 0),
    errors: (sum?.errors ?? 0) + now.errors - (start?.errors ?? 0),
    latency: now.latency.map((value, at) => (sum?.latency[at] ?? 0) + value - (start?.latency[at] ?? 0)),
  };
}

function trafficOf({ answers, errors, latency }: Counted, elapsedMs: number): WorkerTraffic {
  return {
    perSecond: elapsedMs > 0 ? (answers * 1000) / elapsedMs : 0,
    errorShare: answers > 0 ? errors / answers : 0,
    p99Ms: quantile(latency, 0.99),
  };
}
