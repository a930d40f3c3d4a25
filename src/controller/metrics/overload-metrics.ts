import type { OverloadStatistics, StatisticsReport } from "../../protocol/evidence.ts";
import type { Family } from "./family.ts";

/** What the proxies tell of requests that waited or were refused because too many came. */
export function overloadMetrics(reports: () => readonly StatisticsReport[]): Family[] {
  const perService = (
    name: string,
    help: string,
    type: "counter" | "gauge",
    value: (of: OverloadStatistics) => number,
  ): Family => ({
    name,
    help,
    type,
    labels: ["proxy", "service"],
    *samples() {
      for (const { proxy, services } of reports()) {
        for (const [service, { overload }] of Object.entries(services)) {
          if (overload !== undefined) yield { labels: { proxy, service }, value: value(overload) };
        }
      }
    },
  });
  return [
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
