import type { LiveProxy } from "../live.ts";
import { latencyBucketsMs } from "../evidence.ts";
import { reportedSpan } from "./reported-span.ts";

/** What one or more services, through one or more proxies, did in a span of time. */
export interface Traffic {
  perSecond: number;
  /** Of the answers, those of class 5xx: 0 to 1. */
  errorShare: number;
  p50Ms: number | undefined;
  p99Ms: number | undefined;
  inFlight: number;
}

interface Counted {
  requests: number;
  errors: number;
  inFlight: number;
  latency: number[];
}

type Selection = { service?: string; proxy?: string };
type Proxies = ReadonlyMap<string, LiveProxy>;

/** Between two looks at the proxies' counters, which lie `looksMs` apart. Undefined: one of the proxies did not tell, or is left out. */
export function trafficBetween(
  before: Proxies,
  after: Proxies,
  looksMs: number,
  selection: Selection = {},
): Traffic | undefined {
  if (selection.proxy !== undefined && !after.has(selection.proxy)) return undefined;
  const sum = emptyCount();
  let perSecond = 0;
  for (const proxy of after.values()) {
    if (selection.proxy !== undefined && proxy.proxy !== selection.proxy) continue;
    const span = reportedSpan(before.get(proxy.proxy), proxy, looksMs);
    if (span === undefined) return undefined;
    const done = countOf(proxy, selection.service);
    if (span.from !== undefined) add(done, countOf(span.from, selection.service), -1);
    add(sum, done, 1);
    sum.inFlight += done.inFlight;
    perSecond += Math.max(0, (done.requests * 1000) / span.ms);
  }
  const answers = sum.latency.reduce((total, count) => total + count, 0);
  return {
    perSecond,
    errorShare: answers > 0 ? Math.max(0, sum.errors) / answers : 0,
    p50Ms: quantile(sum.latency, 0.5),
    p99Ms: quantile(sum.latency, 0.99),
    inFlight: sum.inFlight,
  };
}

function emptyCount(): Counted {
  return { requests: 0, errors: 0, inFlight: 0, latency: latencyBucketsMs.map(() => 0).concat(0) };
}

function countOf(proxy: LiveProxy, service: string | undefined): Counted {
  const count = emptyCount();
  for (const [name, one] of Object.entries(proxy.services)) {
    if (service !== undefined && name !== service) continue;
    count.requests += one.requests;
    count.errors += one.byStatusClass[4] ?? 0;
    count.inFlight += one.inFlight;
    one.latency.forEach((value, at) => (count.latency[at] = (count.latency[at] ?? 0) + value));
  }
  return count;
}

function add(sum: Counted, part: Counted, sign: 1 | -1): void {
  sum.requests += sign * part.requests;
  sum.errors += sign * part.errors;
  part.latency.forEach((value, at) => (sum.latency[at] = (sum.latency[at] ?? 0) + sign * value));
}

/** Linear within its bucket; above the last one, its lower bound. Undefined: nothing was answered. */
export function quantile(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return undefined;
  let below = 0;
  for (const [at, count] of counts.entries()) {
    const from = at === 0 ? 0 : (latencyBucketsMs[at - 1] ?? 0);
    const to = latencyBucketsMs[at];
    if (below + count >= share * total && count > 0) {
      return to === undefined ? from : from + ((share * total - below) / count) * (to - from);
    }
    below += count;
  }
  return latencyBucketsMs.at(-1);
}
