import type { StatisticsReport } from "../../protocol/evidence.ts";
import { type Family, inSeconds } from "./family.ts";
import type { MetricSources } from "./metrics.ts";

/** Of each proxy, as it told last. */
export function proxyMetrics({ reports, tableAges }: MetricSources): Family[] {
  const perProxy = (
    name: string,
    help: string,
    type: "counter" | "gauge",
    value: (report: StatisticsReport) => number | undefined,
  ): Family => ({
    name,
    help,
    type,
    labels: ["proxy"],
    samples: () =>
      reports().flatMap((report) => {
        const told = value(report);
        return told === undefined ? [] : [{ labels: { proxy: report.proxy }, value: told }];
      }),
  });
  const byKey = (
    name: string,
    help: string,
    label: string,
    pick: (report: StatisticsReport) => Record<string, number>,
  ): Family => ({
    name,
    help,
    type: "counter",
    labels: ["proxy", label],
    samples: () =>
      reports().flatMap((report) =>
        Object.entries(pick(report)).map(([key, value]) => ({
          labels: { proxy: report.proxy, [label]: key },
          value,
        })),
      ),
  });
  return [
    ...connections(perProxy),
    ...processes(perProxy),
    {
      name: "skein_proxy_table_age_seconds",
      help: "Time since a controller said that its table is in force; one says so twice a second. Of a proxy that falls silent and did not say that it leaves it grows, for ten minutes",
      type: "gauge",
      labels: ["proxy"],
      samples: () => tableAges().map(({ proxy, ageMs }) => ({ labels: { proxy }, value: ageMs / 1000 })),
    },
    byKey("skein_problems_total", "The gateway's own answers, by code", "code", (one) => one.problems),
    byKey(
      "skein_worker_connections_poisoned_total",
      "Worker connections not reused, by cause",
      "cause",
      (one) => one.poisoned,
    ),
  ];
}

type PerProxy = (
  name: string,
  help: string,
  type: "counter" | "gauge",
  value: (report: StatisticsReport) => number | undefined,
) => Family;

function connections(perProxy: PerProxy): Family[] {
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
    perProxy("skein_links_open", "Links to workers", "gauge", (one) => one.links?.open),
    perProxy(
      "skein_links_failed_total",
      "Links to workers that could not be opened",
      "counter",
      (one) => one.links?.failed,
    ),
    perProxy(
      "skein_link_requests_total",
      "Requests that went to a worker over a link",
      "counter",
      (one) => one.links?.requests,
    ),
  ];
}

function processes(perProxy: PerProxy): Family[] {
  return [
    perProxy("skein_proxy_up_seconds", "Time since the proxy's start", "gauge", ({ process }) =>
      inSeconds(process?.upMs),
    ),
    perProxy("skein_proxy_heap_bytes", "Heap in use", "gauge", (one) => one.process?.heapBytes),
    perProxy("skein_proxy_deadlines", "Deadlines kept", "gauge", (one) => one.process?.deadlines),
    perProxy(
      "skein_proxy_event_loop_delay_seconds",
      "How late the proxy came to what was due: 99th percentile of the worst second of the last 15",
      "gauge",
      ({ process }) => inSeconds(process?.loopDelayP99Ms),
    ),
    perProxy(
      "skein_proxy_table_term",
      "Term of the table by which it goes",
      "gauge",
      ({ table }) => table?.term,
    ),
    perProxy(
      "skein_proxy_table_revision",
      "Revision of the configuration in the table by which it goes",
      "gauge",
      ({ table }) => table?.revision,
    ),
    perProxy(
      "skein_proxy_table_sequence",
      "Number of its table, as its controller counts",
      "gauge",
      ({ table }) => table?.sequence,
    ),
  ];
}
