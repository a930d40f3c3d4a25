import type { ServiceStatistics } from "../../protocol/evidence.ts";
import type { Family, Sample } from "./family.ts";
import { histogram } from "./histogram.ts";
import type { MetricSources } from "./metrics.ts";

/** Of each service in each proxy. */
export function serviceMetrics({ reports }: MetricSources): Family[] {
  const perService = (
    name: string,
    help: string,
    type: Family["type"],
    samples: (of: ServiceStatistics, labels: Record<string, string>) => Iterable<Sample>,
    more: readonly string[] = [],
  ): Family => ({
    name,
    help,
    type,
    labels: ["proxy", "service", ...more],
    *samples() {
      for (const { proxy, services } of reports()) {
        for (const [service, of] of Object.entries(services)) yield* samples(of, { proxy, service });
      }
    },
  });
  return [
    perService(
      "skein_requests_total",
      "Requests answered, by class of status",
      "counter",
      ({ byStatusClass }, labels) => byClass(byStatusClass, labels),
      ["class"],
    ),
    perService("skein_requests_in_flight", "Requests under way", "gauge", (of, labels) => [
      { labels, value: of.inFlight },
    ]),
    perService("skein_requests_waiting", "Requests that wait for a worker", "gauge", ({ overload }, labels) =>
      overload === undefined ? [] : [{ labels, value: overload.waiting }],
    ),
    perService("skein_received_bytes_total", "Bytes of request bodies", "counter", (of, labels) => [
      { labels, value: of.bytesIn },
    ]),
    perService("skein_sent_bytes_total", "Bytes of response bodies", "counter", (of, labels) => [
      { labels, value: of.bytesOut },
    ]),
    perService(
      "skein_request_duration_seconds",
      "Time from a request's head to its answer's head",
      "histogram",
      (of, labels) => histogram(of.latency, of.latencySumMs, labels),
      ["le"],
    ),
  ];
}

/** Of each route, all proxies together. */
export function routeMetrics({ merged }: MetricSources): Family[] {
  return [
    {
      name: "skein_route_requests_total",
      help: "Requests answered, by route and class of status",
      type: "counter",
      labels: ["route", "class"],
      *samples() {
        for (const [route, { byStatusClass }] of merged().routes()) yield* byClass(byStatusClass, { route });
      },
    },
    {
      name: "skein_route_request_duration_seconds",
      help: "Time from a request's head to its answer's head, by route",
      type: "histogram",
      labels: ["route", "le"],
      *samples() {
        for (const [route, { latency, latencySumMs }] of merged().routes()) {
          yield* histogram(latency, latencySumMs, { route });
        }
      },
    },
  ];
}

function byClass(counts: readonly number[], labels: Record<string, string>): Sample[] {
  return counts.map((value, index) => ({ labels: { ...labels, class: `${index + 1}xx` }, value }));
}
