import assert from "node:assert/strict";
import { test } from "node:test";
import { plainReport } from "./testing-report.ts";
import { textOf } from "./text-format.ts";
import { traceMetrics } from "./trace-metrics.ts";

const traces = { delivered: 5, rejected: 4, lost: 3, retried: 2, dropped: 1 };

test("what proxies tell of spans; an older one tells nothing", () => {
  const lines = textOf(traceMetrics(() => [{ ...plainReport, proxy: "proxy-1", traces }, plainReport]))
    .split("\n")
    .filter((line) => line.startsWith("skein"));
  assert.deepEqual(lines, [
    'skein_trace_spans_total{proxy="proxy-1",outcome="delivered"} 5',
    'skein_trace_spans_total{proxy="proxy-1",outcome="rejected"} 4',
    'skein_trace_spans_total{proxy="proxy-1",outcome="lost"} 3',
    'skein_trace_requests_dropped_total{proxy="proxy-1"} 1',
    'skein_trace_batches_retried_total{proxy="proxy-1"} 2',
  ]);
});
