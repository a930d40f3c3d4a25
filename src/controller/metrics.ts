import { type Metric, Registry as Metrics } from "prom-client";
import { latencyBucketsMs, type StatisticsReport } from "../protocol/evidence.ts";
import { packageVersion } from "../protocol/version.ts";
import type { StoreCondition } from "../store/store.ts";
import { overloadMetrics } from "./overload-metrics.ts";
import { type Sample, sampled } from "./sampled.ts";
import { tlsMetrics } from "./tls-metrics.ts";

/** What the metrics are read from, at the moment of a scrape. */
export interface MetricSources {
  workers: () => Iterable<{ service: string; state: string }>;
  sessions: () => number;
  tableReaders: () => number;
  term: () => number;
  leads: () => boolean;
  settled: () => boolean;
  revision: () => number;
  checks: () => { passed: number; failed: number };
  reports: () => Iterable<StatisticsReport>;
  preserving: () => Iterable<string>;
  storeCondition: () => StoreCondition["kind"];
  heapBytes: () => number;
}

export function createMetrics(sources: MetricSources): { render(): Promise<string> } {
  const metrics = new Metrics();
  const add = (metric: Metric): void => metrics.registerMetric(metric);
  const all = [
    ...controllerMetrics(sources),
    ...proxyMetrics(sources),
    ...tlsMetrics(sources.reports),
    ...overloadMetrics(sources.reports),
  ];
  for (const metric of all) add(metric);
  return { render: () => metrics.metrics() };
}

const states = ["live", "suspect", "draining", "left", "dead"];

const storeConditions: StoreCondition["kind"][] = ["sound", "failing", "damaged", "held"];

function controllerMetrics(sources: MetricSources): Metric[] {
  const gauge = (name: string, help: string, value: () => number): Metric =>
    sampled(name, help, "gauge", () => [{ labels: {}, value: value() }]);
  return [
    sampled("skein_build_info", "The version that runs", "gauge", () => [
      { labels: { version: packageVersion }, value: 1 },
    ]),
    sampled("skein_workers", "Workers by service and state", "gauge", () => workerSamples(sources)),
    gauge("skein_sessions", "Open sessions of workers with this controller", sources.sessions),
    gauge("skein_table_readers", "Streams of the routing table", sources.tableReaders),
    gauge("skein_term", "Number of the leadership that this controller knows", sources.term),
    gauge("skein_leader", "1 while this controller leads", () => (sources.leads() ? 1 : 0)),
    gauge("skein_settled", "1 when this controller knows who lives", () => (sources.settled() ? 1 : 0)),
    gauge("skein_configuration_revision", "Revision of the configuration in use", sources.revision),
    gauge("skein_heap_bytes", "Heap in use by this controller", sources.heapBytes),
    sampled("skein_store_condition", "1 for how the store is; all but sound is an alarm", "gauge", () =>
      storeConditions.map((condition) => ({
        labels: { condition },
        value: sources.storeCondition() === condition ? 1 : 0,
      })),
    ),
    sampled("skein_self_preservation", "1 while silence takes out no worker of the service", "gauge", () =>
      Array.from(sources.preserving(), (service) => ({ labels: { service }, value: 1 })),
    ),
    sampled("skein_checks_total", "Active checks of workers, by result", "counter", () => [
      { labels: { result: "passed" }, value: sources.checks().passed },
      { labels: { result: "failed" }, value: sources.checks().failed },
    ]),
  ];
}

function workerSamples(sources: MetricSources): Sample[] {
  const counts = new Map<string, Map<string, number>>();
  for (const { service, state } of sources.workers()) {
    const known = counts.get(service) ?? new Map<string, number>();
    counts.set(service, known.set(state, (known.get(state) ?? 0) + 1));
  }
  return Array.from(counts).flatMap(([service, byState]) =>
    states.map((state) => ({ labels: { service, state }, value: byState.get(state) ?? 0 })),
  );
}

function proxyMetrics(sources: MetricSources): Metric[] {
  const perProxy = (
    name: string,
    help: string,
    type: "counter" | "gauge",
    value: (report: StatisticsReport) => number,
  ): Metric =>
    sampled(name, help, type, () =>
      Array.from(sources.reports(), (report) => ({ labels: { proxy: report.proxy }, value: value(report) })),
    );
  return [
    perProxy("skein_proxy_connections_open", "Client connections", "gauge", (one) => one.connections.open),
    perProxy(
      "skein_proxy_connections_accepted_total",
      "Client connections accepted",
      "counter",
      (one) => one.connections.accepted,
    ),
    perProxy(
      "skein_proxy_connections_refused_total",
      "Client connections refused",
      "counter",
      (one) => one.connections.refused,
    ),
    perProxy("skein_retries_total", "Requests sent to another worker", "counter", (one) => one.retries.taken),
    perProxy(
      "skein_retries_denied_total",
      "Retries that the budget denied",
      "counter",
      (one) => one.retries.denied,
    ),
    perProxy("skein_links_open", "Links to workers", "gauge", (one) => one.links?.open ?? 0),
    perProxy(
      "skein_links_failed_total",
      "Links to workers that could not be opened",
      "counter",
      (one) => one.links?.failed ?? 0,
    ),
    perProxy(
      "skein_link_requests_total",
      "Requests that went to a worker over a link",
      "counter",
      (one) => one.links?.requests ?? 0,
    ),
    byKey(
      sources,
      "skein_problems_total",
      "The gateway's own answers, by code",
      "code",
      (one) => one.problems,
    ),
    byKey(
      sources,
      "skein_worker_connections_poisoned_total",
      "Worker connections not reused, by cause",
      "cause",
      (one) => one.poisoned,
    ),
    perProxy("skein_proxy_heap_bytes", "Heap in use", "gauge", (one) => one.process?.heapBytes ?? 0),
    perProxy("skein_proxy_deadlines", "Deadlines kept", "gauge", (one) => one.process?.deadlines ?? 0),
    ...serviceMetrics(sources),
  ];
}

function byKey(
  sources: MetricSources,
  name: string,
  help: string,
  label: string,
  pick: (report: StatisticsReport) => Record<string, number>,
): Metric {
  return sampled(name, help, "counter", () =>
    Array.from(sources.reports()).flatMap((report) =>
      Object.entries(pick(report)).map(([key, value]) => ({
        labels: { proxy: report.proxy, [label]: key },
        value,
      })),
    ),
  );
}

type OfService = StatisticsReport["services"][string];

function serviceMetrics(sources: MetricSources): Metric[] {
  const perService = (
    name: string,
    help: string,
    type: "counter" | "gauge" | "histogram",
    samples: (of: OfService, labels: Record<string, string>) => Sample[],
  ): Metric =>
    sampled(name, help, type, () =>
      Array.from(sources.reports()).flatMap((report) =>
        Object.entries(report.services).flatMap(([service, of]) =>
          samples(of, { proxy: report.proxy, service }),
        ),
      ),
    );
  return [
    perService("skein_requests_total", "Requests answered, by class of status", "counter", (of, labels) =>
      of.byStatusClass.map((value, index) => ({ labels: { ...labels, class: `${index + 1}xx` }, value })),
    ),
    perService("skein_requests_in_flight", "Requests under way", "gauge", (of, labels) => [
      { labels, value: of.inFlight },
    ]),
    perService("skein_received_bytes_total", "Bytes of request bodies", "counter", (of, labels) => [
      { labels, value: of.bytesIn },
    ]),
    perService("skein_sent_bytes_total", "Bytes of response bodies", "counter", (of, labels) => [
      { labels, value: of.bytesOut },
    ]),
    perService(
      "skein_request_seconds",
      "Time from a request's head to its answer's head",
      "histogram",
      histogram,
    ),
  ];
}

/** Buckets are cumulative in the text format, counts of each are not. */
function histogram(of: OfService, labels: Record<string, string>): Sample[] {
  const name = "skein_request_seconds";
  let below = 0;
  const buckets = latencyBucketsMs.map((boundMs, index): Sample => {
    below += of.latency[index] ?? 0;
    return { name: `${name}_bucket`, labels: { ...labels, le: boundMs / 1000 }, value: below };
  });
  const count = below + (of.latency[latencyBucketsMs.length] ?? 0);
  return [
    ...buckets,
    { name: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: count },
    { name: `${name}_sum`, labels, value: of.latencySumMs / 1000 },
    { name: `${name}_count`, labels, value: count },
  ];
}
