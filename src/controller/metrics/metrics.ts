import type { WorkerView } from "../../protocol/discovery.ts";
import type { StatisticsReport } from "../../protocol/evidence.ts";
import type { StoreCondition } from "../../store/store.ts";
import type { WorkerCounts } from "../statistics.ts";
import type { TableAge } from "../table-ages.ts";
import { clusterMetrics } from "./cluster-metrics.ts";
import { controllerMetrics } from "./controller-metrics.ts";
import type { Family } from "./family.ts";
import { overloadMetrics } from "./overload-metrics.ts";
import { proxyMetrics } from "./proxy-metrics.ts";
import { routeMetrics, serviceMetrics } from "./service-metrics.ts";
import { textOf } from "./text-format.ts";
import { tlsMetrics } from "./tls-metrics.ts";
import { traceMetrics } from "./trace-metrics.ts";
import { workerMetrics, workerTraffic } from "./worker-metrics.ts";

/** What the metrics are read from, at the moment of a scrape. */
export interface MetricSources {
  workers: () => readonly WorkerView[];
  /** Of the configured services: how many requests may wait for a worker, and be at one. */
  limits: () => Iterable<{ service: string; waitingMax: number; inFlightMax: number | undefined }>;
  sessions: () => number;
  heartbeats: () => { post: number; session: number };
  tableReaders: () => number;
  tableSequence: () => number;
  term: () => number;
  leads: () => boolean;
  elections: () => number;
  settled: () => boolean;
  revision: () => number;
  checks: () => { passed: number; failed: number };
  evidence: () => Iterable<[kind: string, count: number]>;
  /** What became of workers since this controller's start. */
  changes: () => Iterable<{ service: string; change: string; cause: string; count: number }>;
  reports: () => readonly StatisticsReport[];
  tableAges: () => readonly TableAge[];
  /** Undefined: no proxy has asked it. */
  workerCounts: (service: string, id: string) => WorkerCounts | undefined;
  preserving: () => Iterable<string>;
  storeCondition: () => StoreCondition["kind"];
  heapBytes: () => number;
  /** Undefined: nobody measures it. */
  loopDelayMs: () => number | undefined;
  /** With which the control API is served; undefined: in plain text. `notAfter` in milliseconds. */
  certificate: () => { file: string; notAfter: number } | undefined;
  /** Undefined: there is no supervisor, or it has told nothing. */
  supervisorDelayMs: () => number | undefined;
}

/**
 * `controller`: of the process that answers, and what it counted itself. `gateway`: of its gateway, and so the same at each of
 * its controllers: it is scraped at one of them, and a counter in it must not depend on which.
 */
export type Part = "controller" | "gateway";

/** Every metric of a part, in the order in which they are told. */
export function familiesOf(sources: MetricSources, part: Part): Family[] {
  if (part === "controller") return [...controllerMetrics(sources), ...workerTraffic(sources)];
  return [
    ...clusterMetrics(sources),
    ...proxyMetrics(sources),
    ...serviceMetrics(sources),
    ...overloadMetrics(sources.reports),
    ...routeMetrics(sources),
    ...workerMetrics(sources),
    ...tlsMetrics(sources.reports, sources.certificate),
    ...traceMetrics(sources.reports),
  ];
}

export interface Metrics {
  /** Without a part: both. */
  render(part?: Part): string;
}

export function createMetrics(sources: MetricSources): Metrics {
  const families = {
    controller: familiesOf(sources, "controller"),
    gateway: familiesOf(sources, "gateway"),
  };
  return {
    render: (part) =>
      textOf(part === undefined ? [...families.controller, ...families.gateway] : families[part]),
  };
}
