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
  /** By worker's key. */
  asked: ReadonlyMap<string, WorkerTraffic>;
  /** Who is not among them was not asked; else it is unknown. */
  whole: boolean;
}

export const ratesUnknown: WorkerRates = { asked: new Map(), whole: false };
const idle: WorkerTraffic = { perSecond: 0, errorShare: 0, p99Ms: undefined };

/** Undefined: nobody told. */
export function rateOf({ asked, whole }: WorkerRates, key: string): WorkerTraffic | undefined {
  return asked.get(key) ?? (whole ? idle : undefined);
}

type Proxies = ReadonlyMap<string, LiveProxy>;
type Counted = Pick<WorkerStatistics, "answers" | "errors" | "latency">;

export function workerTrafficBetween(before: Proxies, after: Proxies, elapsedMs: number): WorkerRates {
  const sums = new Map<string, Counted>();
  for (const proxy of after.values()) {
    const earlier = before.get(proxy.proxy);
    // Of one that was not known before, nobody can say when it counted what.
    if (earlier === undefined) continue;
    const known = earlier.instance === proxy.instance ? byKey(earlier) : new Map<string, Counted>();
    for (const one of proxy.workers ?? []) {
      const key = keyOf(one.service, one.id);
      sums.set(key, sumOf(sums.get(key), one, known.get(key)));
    }
  }
  const asked = new Map([...sums].map(([key, sum]) => [key, trafficOf(sum, elapsedMs)]));
  return { asked, whole: true };
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
