import type { StatisticsReport, TraceStatistics } from "../../protocol/evidence.ts";
import type { Family } from "./family.ts";

const outcomes = ["delivered", "rejected", "lost"] as const;

/** What became of the spans that the proxies made. */
export function traceMetrics(reports: () => readonly StatisticsReport[]): Family[] {
  const perProxy = (name: string, help: string, value: (of: TraceStatistics) => number): Family => ({
    name,
    help,
    type: "counter",
    labels: ["proxy"],
    samples: () =>
      reports().flatMap(({ proxy, traces }) =>
        traces === undefined ? [] : [{ labels: { proxy }, value: value(traces) }],
      ),
  });
  return [
    {
      name: "skein_trace_spans_total",
      help: "Spans by what became of them: delivered, rejected by the collector, or lost after all offers",
      type: "counter",
      labels: ["proxy", "outcome"],
      samples: () =>
        reports().flatMap(({ proxy, traces }) =>
          traces === undefined
            ? []
            : outcomes.map((outcome) => ({ labels: { proxy, outcome }, value: traces[outcome] })),
        ),
    },
    perProxy(
      "skein_trace_requests_dropped_total",
      "Recorded requests whose spans found no room in the queue",
      ({ dropped }) => dropped,
    ),
    perProxy(
      "skein_trace_batches_retried_total",
      "Batches of spans that were offered to the collector once more",
      ({ retried }) => retried,
    ),
  ];
}
