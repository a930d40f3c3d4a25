import type { AnswerStatistics, ServiceStatistics } from "../../protocol/evidence.ts";
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

/** Of each route in each proxy. */
export function routeMetrics({ reports }: MetricSources): Family[] {
  const perRoute = (
    name: string,
    help: string,
    type: Family["type"],
    label: string,
    samples: (of: AnswerStatistics, labels: Record<string, string>) => Iterable<Sample>,
  ): Family => ({
    name,
    help,
    type,
    labels: ["proxy", "route", label],
    *samples() {
      for (const { proxy, routes = {} } of reports()) {
        for (const [route, of] of Object.entries(routes)) yield* samples(of, { proxy, route });
      }
    },
  });
  return [
    perRoute(
      "skein_route_requests_total",
      "Requests answered, by route and class of status",
      "counter",
      "class",
      ({ byStatusClass }, labels) => byClass(byStatusClass, labels),
    ),
    perRoute(
      "skein_route_request_duration_seconds",
      "Time from a request's head to its answer's head, by route",
      "histogram",
      "le",
      ({ latency, latencySumMs }, labels) => histogram(latency, latencySumMs, labels),
    ),
  ];
}

function byClass(counts: readonly number[], labels: Record<string, string>): Sample[] {
  return counts.map((value, index) => ({ labels: { ...labels, class: `${index + 1}xx` }, value }));
}
