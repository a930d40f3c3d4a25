import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { missingTool } from "../../test/tools.ts";
import { latencyBucketsMs, type StatisticsReport } from "../protocol/evidence.ts";
import { createMetrics, type MetricSources } from "./metrics.ts";

const report: StatisticsReport = {
  v: 1,
  proxy: "proxy-1",
  instance: "x",
  connections: { open: 3, accepted: 10, refused: 1 },
  services: {
    web: {
      requests: 6,
      byStatusClass: [0, 4, 0, 1, 1],
      inFlight: 2,
      bytesIn: 100,
      bytesOut: 2_000,
      latency: [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1],
      latencySumMs: 21_500,
    },
  },
  problems: { "no-live-worker": 2 },
  retries: { taken: 4, denied: 1 },
  process: { heapBytes: 5_000_000, deadlines: 12 },
  poisoned: { 'early "answer"\\': 1 },
};

const sources: MetricSources = {
  workers: () => [
    { service: "web", state: "live" },
    { service: "web", state: "live" },
    { service: "web", state: "dead" },
  ],
  sessions: () => 2,
  tableReaders: () => 1,
  term: () => 7,
  leads: () => true,
  settled: () => true,
  revision: () => 3,
  checks: () => ({ passed: 5, failed: 1 }),
  reports: () => [report],
  preserving: () => ["web"],
  heapBytes: () => 7_000_000,
  storeCondition: () => "held",
};

test("the metrics say what the sources say", async () => {
  const text = await createMetrics(sources).render();
  for (const line of [
    'skein_workers{service="web",state="live"} 2',
    'skein_workers{service="web",state="dead"} 1',
    "skein_sessions 2",
    "skein_leader 1",
    'skein_store_condition{condition="sound"} 0',
    'skein_store_condition{condition="held"} 1',
    "skein_heap_bytes 7000000",
    'skein_proxy_heap_bytes{proxy="proxy-1"} 5000000',
    'skein_proxy_deadlines{proxy="proxy-1"} 12',
    "skein_term 7",
    'skein_checks_total{result="failed"} 1',
    'skein_self_preservation{service="web"} 1',
    'skein_requests_total{proxy="proxy-1",service="web",class="2xx"} 4',
    'skein_problems_total{proxy="proxy-1",code="no-live-worker"} 2',
    'skein_request_seconds_bucket{proxy="proxy-1",service="web",le="0.001"} 1',
    'skein_request_seconds_bucket{proxy="proxy-1",service="web",le="0.0025"} 3',
    'skein_request_seconds_bucket{proxy="proxy-1",service="web",le="10"} 5',
    'skein_request_seconds_bucket{proxy="proxy-1",service="web",le="+Inf"} 6',
    'skein_request_seconds_count{proxy="proxy-1",service="web"} 6',
    'skein_request_seconds_sum{proxy="proxy-1",service="web"} 21.5',
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} is missing in\n${text}`);
  }
  assert.equal(latencyBucketsMs.length + 1, report.services["web"]?.latency.length);
});

test("promtool accepts them", { skip: missingTool("promtool", "prometheus") }, async () => {
  const input = await createMetrics(sources).render();
  const checked = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
  assert.equal(`${checked.stdout}${checked.stderr}`.trim(), "");
  assert.equal(checked.status, 0);
});
