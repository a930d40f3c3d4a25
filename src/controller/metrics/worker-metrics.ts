import type { WorkerView } from "../../protocol/discovery.ts";
import { workersReportedMax } from "../../protocol/evidence.ts";
import type { Family } from "./family.ts";
import { histogram } from "./histogram.ts";
import { type MetricSources } from "./metrics.ts";

/**
 * Of each worker what it says of itself, and the registry of it; of at most `workersReportedMax`, and how many that leaves
 * out is told.
 */
export function workerMetrics({ workers }: MetricSources): Family[] {
  const perWorker = (
    name: string,
    help: string,
    value: (worker: WorkerView) => number | undefined | null,
  ): Family => ({
    name,
    help,
    type: "gauge",
    labels: ["service", "worker"],
    *samples() {
      for (const worker of shown(workers())) {
        const now = value(worker);
        if (now !== undefined && now !== null) yield { labels: labelsOf(worker), value: now };
      }
    },
  });
  return [
    {
      name: "skein_worker_info",
      help: "1 for the state in which a worker is",
      type: "gauge",
      labels: ["service", "worker", "state", "cause", "version", "zone"],
      *samples() {
        for (const worker of shown(workers())) {
          const { state, cause = "", version = "", zone = "" } = worker;
          yield { labels: { ...labelsOf(worker), state, cause, version, zone }, value: 1 };
        }
      },
    },
    {
      name: "skein_workers_untold",
      help: "Workers that have no series of their own, as there are too many",
      type: "gauge",
      labels: [],
      samples: () => [{ labels: {}, value: Math.max(0, workers().length - workersReportedMax) }],
    },
    perWorker("skein_worker_weight", "Its share of the requests beside the others", ({ weight }) => weight),
    perWorker("skein_worker_lease_age_seconds", "Time since its last sign of life", ({ heardMsAgo }) =>
      heardMsAgo === null ? null : heardMsAgo / 1000,
    ),
    perWorker(
      "skein_worker_lease_seconds",
      "How long it counts as live after a sign of life",
      ({ ttlMs }) => ttlMs / 1000,
    ),
    perWorker(
      "skein_worker_state_age_seconds",
      "Time since it came into its state",
      (worker) => worker.stateForMs / 1000,
    ),
    perWorker("skein_worker_in_flight", "Requests under way, by its own word", ({ load }) => load.inFlight),
    perWorker(
      "skein_worker_event_loop_delay_seconds",
      "99th percentile of its event loop's delay, by its own word",
      ({ load: { eventLoopDelayP99Ms: ms } }) => (ms === undefined ? undefined : ms / 1000),
    ),
    perWorker("skein_worker_memory_bytes", "Its memory, by its own word", ({ load }) => load.memoryBytes),
  ];
}

/** What the proxies saw of the same workers, all proxies together, as this controller counted. */
export function workerTraffic({ workers, workerCounts }: MetricSources): Family[] {
  return [
    {
      name: "skein_worker_requests_total",
      help: "Requests sent to a worker that have come to an end; error: class 5xx, or no answer",
      type: "counter",
      labels: ["service", "worker", "result"],
      *samples() {
        for (const worker of shown(workers())) {
          const of = workerCounts(worker.service, worker.id);
          if (of === undefined) continue;
          yield { labels: { ...labelsOf(worker), result: "ok" }, value: of.answers - of.errors };
          yield { labels: { ...labelsOf(worker), result: "error" }, value: of.errors };
        }
      },
    },
    {
      name: "skein_worker_request_duration_seconds",
      help: "Time from a request's sending to its answer's head",
      type: "histogram",
      labels: ["service", "worker", "le"],
      *samples() {
        for (const worker of shown(workers())) {
          const of = workerCounts(worker.service, worker.id);
          if (of !== undefined) yield* histogram(of.latency, of.latencySumMs, labelsOf(worker));
        }
      },
    },
  ];
}

function shown(workers: readonly WorkerView[]): readonly WorkerView[] {
  return workers.slice(0, workersReportedMax);
}

function labelsOf({ service, id }: WorkerView): { service: string; worker: string } {
  return { service, worker: id };
}
