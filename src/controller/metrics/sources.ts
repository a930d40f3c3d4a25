import { getHeapStatistics } from "node:v8";
import type { Controller } from "../controller.ts";
import type { MetricSources } from "./metrics.ts";

/** Where the metrics of one controller are read. */
export function metricSources(controller: Controller): MetricSources {
  const { registry, tally } = controller;
  return {
    workers: () => registry.views(),
    limits: () =>
      Object.values(registry.traffic?.services ?? {}).map(({ name, queue, maxInFlight }) => {
        return { service: name, waitingMax: queue.max, inFlightMax: maxInFlight };
      }),
    sessions: () => registry.sessions,
    heartbeats: () => registry.heartbeats,
    tableReaders: () => registry.publisher.readers,
    tableSequence: () => registry.publisher.sequence,
    term: () => controller.term,
    leads: () => controller.leads,
    elections: () => tally.elections,
    settled: () => registry.settled,
    revision: () => registry.revision,
    checks: () => registry.checker.done,
    evidence: () => tally.evidenceByKind,
    changes: () => tally.changes,
    reports: () => controller.statistics.reports,
    tableAges: () => controller.statistics.tableAges,
    workerCounts: (service, id) => controller.statistics.workerCounts(service, id),
    storeCondition: () => controller.options.store.condition.kind,
    preserving: () => registry.serviceNames().filter((name) => registry.serviceCounts(name).preserving),
    heapBytes: () => getHeapStatistics().used_heap_size,
    loopDelayMs: () => controller.options.loopDelayP99Ms?.(),
    certificate: () => controller.options.certificate?.(),
    supervisorDelayMs: () => tally.supervisorDelayMs,
  };
}
