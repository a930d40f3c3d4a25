import type { Metric } from "prom-client";
import type { OverloadStatistics, StatisticsReport } from "../protocol/evidence.ts";
import { sampled } from "./sampled.ts";

/** What the proxies tell of requests that waited or were refused because too many came. */
export function overloadMetrics(reports: () => Iterable<StatisticsReport>): Metric[] {
  const perService = (
    name: string,
    help: string,
    type: "counter" | "gauge",
    value: (of: OverloadStatistics) => number,
  ): Metric =>
    sampled(name, help, type, () =>
      Array.from(reports()).flatMap(({ proxy, services }) =>
        Object.entries(services).flatMap(([service, { overload }]) =>
          overload === undefined ? [] : [{ labels: { proxy, service }, value: value(overload) }],
        ),
      ),
    );
  return [
    perService("skein_queue_length", "Requests that wait for a worker", "gauge", (of) => of.waiting),
    perService("skein_queued_total", "Requests that had to wait for a worker", "counter", (of) => of.waited),
    perService(
      "skein_queue_wait_seconds_total",
      "How long all that went on to a worker had waited",
      "counter",
      (of) => of.waitedMs / 1_000,
    ),
    perService("skein_shed_total", "Requests refused as too many came", "counter", (of) => of.shed),
    perService(
      "skein_limited_workers",
      "Workers with an adaptive limit at this moment",
      "gauge",
      (of) => of.limitedWorkers,
    ),
    perService(
      "skein_adaptive_limit",
      "Requests that may wait for answers of these workers at once",
      "gauge",
      (of) => of.limit,
    ),
  ];
}
