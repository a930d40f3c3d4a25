import {
  type AnswerStatistics,
  latencyBucketsMs,
  routesReportedMax,
  servicesReportedMax,
  type ServiceStatistics,
  type StatisticsReport,
  type TlsStatistics,
  type TraceStatistics,
} from "../../protocol/evidence.ts";
import type { HandshakeFailure } from "../tls/handshake-failure.ts";
import { NamedCounters } from "./named-counters.ts";

/** Why a connection to a worker was destroyed instead of being used again. */
export type PoisonCause =
  /** What came is no valid answer, or a switch of protocols that nobody asked for. */
  | "bad-answer"
  /** The answer was whole before the request was: where the worker takes the rest for is not known. */
  | "early-answer"
  /** Bytes that belong to no answer. */
  | "left-over"
  /** The client left, or its request broke off. */
  | "aborted"
  /** The worker ended it amid a request. */
  | "worker-lost"
  | "timeout"
  | "stalled"
  /** Another protocol was spoken on it. */
  | "upgraded";

const bucketCount = latencyBucketsMs.length + 1;
const codesMax = 50;

/** Which of the buckets; one more than there are bounds. */
export function latencyBucket(elapsedMs: number): number {
  let bucket = 0;
  while (bucket < latencyBucketsMs.length && elapsedMs > (latencyBucketsMs[bucket] ?? 0)) bucket += 1;
  return bucket;
}

/** Counters of one route's answers. Written in the hot path: typed arrays and plain numbers only. */
export class AnswerCounters {
  latencySumMs = 0;
  /** Requests that had to wait for a worker; how long those waited that went on to one; those refused as too many came. */
  waited = 0;
  waitedMs = 0;
  shed = 0;
  readonly byStatusClass = new Float64Array(5);
  readonly latency = new Float64Array(bucketCount);

  /** `elapsedMs`: from the request's first byte to the answer's head; `bucket`: `latencyBucket` of it. */
  answered(status: number, elapsedMs: number, bucket: number): void {
    const statusClass = Math.min(4, Math.max(0, Math.floor(status / 100) - 1));
    this.byStatusClass[statusClass] = (this.byStatusClass[statusClass] ?? 0) + 1;
    this.latency[bucket] = (this.latency[bucket] ?? 0) + 1;
    this.latencySumMs += elapsedMs;
  }

  answers(): AnswerStatistics {
    const { byStatusClass, latency, latencySumMs } = this;
    return { byStatusClass: [...byStatusClass], latency: [...latency], latencySumMs };
  }
}

/** Counters of one service, as hot. */
export class ServiceCounters extends AnswerCounters {
  requests = 0;
  inFlight = 0;
  bytesIn = 0;
  bytesOut = 0;

  report(): ServiceStatistics {
    const { requests, inFlight, bytesIn, bytesOut } = this;
    return { ...this.answers(), requests, inFlight, bytesIn, bytesOut };
  }
}

export class TlsCounters {
  pending = 0;
  handshakes = 0;
  resumed = 0;
  certificates: TlsStatistics["certificates"] = [];
  readonly #failed = new Map<HandshakeFailure, number>();
  readonly #workersFailed = new Map<string, number>();

  fail(failure: HandshakeFailure): void {
    this.#failed.set(failure, (this.#failed.get(failure) ?? 0) + 1);
  }

  /** `code`: of the TLS library, whose codes are many, but bounded. */
  workerFailed(code: string): void {
    const known = this.#workersFailed.get(code);
    if (known === undefined && this.#workersFailed.size >= codesMax) return;
    this.#workersFailed.set(code, (known ?? 0) + 1);
  }

  report(): TlsStatistics {
    const { pending, handshakes, resumed, certificates } = this;
    return {
      pending,
      handshakes,
      resumed,
      failed: Object.fromEntries(this.#failed),
      workersFailed: Object.fromEntries(this.#workersFailed),
      certificates,
    };
  }
}

/** What became of spans. */
export class TraceCounters {
  /** The collector took them. */
  delivered = 0;
  /** It took their batch without them. */
  rejected = 0;
  /** Their batch was not taken, however often it was offered. */
  lost = 0;
  /** Batches that were offered once more. */
  retried = 0;
  /** Requests whose spans found no room in the queue. */
  dropped = 0;

  report(): TraceStatistics {
    const { delivered, rejected, lost, retried, dropped } = this;
    return { delivered, rejected, lost, retried, dropped };
  }
}

/** Everything that one proxy counts, since its start. */
export class Statistics {
  readonly tls = new TlsCounters();
  readonly traces = new TraceCounters();
  readonly connections = { open: 0, accepted: 0, refused: 0 };
  readonly retries = { taken: 0, denied: 0 };
  /** Links to workers, and the requests that went over one. */
  readonly links = { open: 0, failed: 0, requests: 0 };
  readonly #services = new NamedCounters(servicesReportedMax, () => new ServiceCounters());
  readonly #routes = new NamedCounters(routesReportedMax, () => new AnswerCounters());
  readonly #problems = new Map<string, number>();
  readonly #poisoned = new Map<PoisonCause, number>();

  service(name: string): ServiceCounters {
    return this.#services.of(name) ?? new ServiceCounters();
  }

  /** Nobody asks for it any more: it makes way when there are too many. */
  serviceGone(name: string): void {
    this.#services.gone(name);
  }

  /** Undefined: too many routes are counted already. */
  route(name: string): AnswerCounters | undefined {
    return this.#routes.of(name);
  }

  /** Those that a new table has: the others make way when there are too many. */
  routesAre(routes: readonly { readonly name: string }[]): void {
    this.#routes.keepOnly(new Set(routes.map(({ name }) => name)));
  }

  problem(code: string): void {
    this.#problems.set(code, (this.#problems.get(code) ?? 0) + 1);
  }

  poisoned(cause: PoisonCause): void {
    this.#poisoned.set(cause, (this.#poisoned.get(cause) ?? 0) + 1);
  }

  report(proxy: string, instance: string): StatisticsReport {
    return {
      v: 1,
      proxy,
      instance,
      connections: { ...this.connections },
      services: Object.fromEntries([...this.#services].map(([name, counters]) => [name, counters.report()])),
      routes: Object.fromEntries([...this.#routes].map(([name, counters]) => [name, counters.answers()])),
      problems: Object.fromEntries(this.#problems),
      retries: { ...this.retries },
      links: { ...this.links },
      poisoned: Object.fromEntries(this.#poisoned),
      tls: this.tls.report(),
      traces: this.traces.report(),
    };
  }
}
