import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { missingTool } from "../../../test/tools.ts";
import type { WorkerView } from "../../protocol/discovery.ts";
import { latencyBucketsMs, type StatisticsReport, workersReportedMax } from "../../protocol/evidence.ts";
import { systemClock } from "../../runtime/clock.ts";
import { Statistics } from "../statistics.ts";
import { createMetrics, familiesOf, type MetricSources } from "./metrics.ts";

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
      overload: { waiting: 5, waited: 7, waitedMs: 1_500, shed: 2, limitedWorkers: 1, limit: 12 },
      bytesIn: 100,
      bytesOut: 2_000,
      latency: [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1],
      latencySumMs: 21_500,
    },
  },
  routes: { "/": { byStatusClass: [0, 8, 0, 0, 0], latency: [8], latencySumMs: 4 } },
  problems: { "no-live-worker": 2 },
  retries: { taken: 4, denied: 1 },
  process: { heapBytes: 5_000_000, deadlines: 12, upMs: 9_000, loopDelayP99Ms: 30 },
  table: { term: 7, revision: 3, sequence: 12, heardMsAgo: 400 },
  poisoned: { 'early "answer"\\': 1 },
};

const worker = (id: string, more: Partial<WorkerView> = {}): WorkerView => ({
  id,
  service: "web",
  address: "127.0.0.1:1",
  state: "live",
  generation: 1,
  origin: "session",
  session: true,
  weight: 1,
  desired: "serve",
  ttlMs: 3_000,
  heardMsAgo: 250,
  stateForMs: 4_000,
  tags: [],
  metadata: {},
  load: {},
  ...more,
});

const counted = { answers: 5, errors: 2, latencySumMs: 1_500, latency: [3, 0, 2] };
const sources: MetricSources = {
  workers: () => [
    worker("a", { version: '1"2', load: { inFlight: 3, eventLoopDelayP99Ms: 20, memoryBytes: 9 } }),
    worker("b"),
    worker("c", { state: "dead", heardMsAgo: null }),
  ],
  limits: () => [
    { service: "web", waitingMax: 100, inFlightMax: 8 },
    { service: "deserted", waitingMax: 100, inFlightMax: undefined },
  ],
  sessions: () => 2,
  heartbeats: () => ({ post: 4, session: 9 }),
  tableReaders: () => 1,
  tableSequence: () => 12,
  term: () => 7,
  leads: () => true,
  elections: () => 1,
  settled: () => true,
  revision: () => 3,
  checks: () => ({ passed: 5, failed: 1 }),
  evidence: () => [["refused", 2]],
  changes: () => [{ service: "web", change: "worker-suspect", cause: "stalled", count: 6 }],
  reports: () => [report],
  tableAges: () => [{ proxy: "proxy-3", ageMs: 70_400 }],
  workerCounts: (_, id) => (id === "a" ? counted : undefined),
  preserving: () => ["web"],
  heapBytes: () => 7_000_000,
  loopDelayMs: () => 15,
  supervisorDelayMs: () => 2,
  certificate: () => undefined,
  storeCondition: () => "held",
};

test("the metrics say what the sources say", () => {
  const lines = createMetrics(sources).render().split("\n");
  for (const line of [
    'skein_workers{service="web",state="live"} 2',
    'skein_workers{service="web",state="dead"} 1',
    'skein_workers{service="deserted",state="live"} 0',
    "skein_sessions 2",
    'skein_heartbeats_total{way="session"} 9',
    "skein_leader 1",
    "skein_elections_won_total 1",
    "skein_table_sequence 12",
    'skein_store_condition{condition="sound"} 0',
    'skein_store_condition{condition="held"} 1',
    "skein_heap_bytes 7000000",
    "skein_event_loop_delay_seconds 0.015",
    "skein_supervisor_event_loop_delay_seconds 0.002",
    'skein_proxy_heap_bytes{proxy="proxy-1"} 5000000',
    'skein_proxy_deadlines{proxy="proxy-1"} 12',
    'skein_proxy_event_loop_delay_seconds{proxy="proxy-1"} 0.03',
    'skein_proxy_table_age_seconds{proxy="proxy-3"} 70.4',
    "skein_term 7",
    'skein_checks_total{result="failed"} 1',
    'skein_evidence_total{kind="refused"} 2',
    'skein_worker_changes_total{service="web",change="worker-suspect",cause="stalled"} 6',
    'skein_self_preservation{service="web"} 1',
    'skein_waiting_limit{service="web"} 100',
    'skein_worker_in_flight_limit{service="web"} 8',
    'skein_requests_waiting{proxy="proxy-1",service="web"} 5',
    'skein_requests_total{proxy="proxy-1",service="web",class="2xx"} 4',
    'skein_route_requests_total{proxy="proxy-1",route="/",class="2xx"} 8',
    'skein_route_request_duration_seconds_count{proxy="proxy-1",route="/"} 8',
    'skein_problems_total{proxy="proxy-1",code="no-live-worker"} 2',
    'skein_request_duration_seconds_bucket{proxy="proxy-1",service="web",le="0.001"} 1',
    'skein_request_duration_seconds_bucket{proxy="proxy-1",service="web",le="0.0025"} 3',
    'skein_request_duration_seconds_bucket{proxy="proxy-1",service="web",le="10"} 5',
    'skein_request_duration_seconds_bucket{proxy="proxy-1",service="web",le="+Inf"} 6',
    'skein_request_duration_seconds_count{proxy="proxy-1",service="web"} 6',
    'skein_request_duration_seconds_sum{proxy="proxy-1",service="web"} 21.5',
    String.raw`skein_worker_info{service="web",worker="a",state="live",cause="",version="1\"2",zone=""} 1`,
    'skein_worker_in_flight{service="web",worker="a"} 3',
    'skein_worker_event_loop_delay_seconds{service="web",worker="a"} 0.02',
    'skein_worker_lease_age_seconds{service="web",worker="b"} 0.25',
    'skein_worker_requests_total{service="web",worker="a",result="ok"} 3',
    'skein_worker_requests_total{service="web",worker="a",result="error"} 2',
    'skein_worker_request_duration_seconds_sum{service="web",worker="a"} 1.5',
  ]) {
    assert.ok(lines.includes(line), `${line} is missing in\n${lines.join("\n")}`);
  }
  assert.equal(latencyBucketsMs.length + 1, report.services["web"]?.latency.length);
});

test("a part is told alone, and no metric is of both", () => {
  const metrics = createMetrics(sources);
  const controller = metrics.render("controller");
  const gateway = metrics.render("gateway");
  assert.equal(metrics.render(), controller + gateway);
  assert.match(controller, /^skein_leader 1$/m);
  assert.doesNotMatch(gateway, /^skein_leader /m);
  const all = (["controller", "gateway"] as const).flatMap((part) => familiesOf(sources, part));
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
});

test("samples bear the labels that their metric names, and no others", () => {
  for (const part of ["controller", "gateway"] as const) {
    for (const family of familiesOf(sources, part)) {
      const { name, labels, type } = family;
      const borne = new Set([...family.samples()].flatMap((one) => Object.keys(one.labels)));
      assert.deepEqual([...borne].sort(), borne.size === 0 ? [] : [...labels].sort(), name);
      assert.equal(name.endsWith("_total"), type === "counter", name);
    }
  }
});

test("of very many workers the first thousand have series, each a bounded number", () => {
  const many = (count: number): MetricSources => {
    const statistics = new Statistics(systemClock);
    const ids = Array.from({ length: count }, (_, at) => `w${at}`);
    const asked = { service: "web", answers: 1, errors: 0, latency: latencyBucketsMs.map(() => 1).concat(1) };
    for (const proxy of ["p1", "p2"]) {
      const workers = ids.slice(0, workersReportedMax).map((id) => ({ ...asked, id }));
      statistics.take({ ...report, proxy, workers });
    }
    const workers = ids.map((id) => worker(id, { load: { inFlight: 1, eventLoopDelayP99Ms: 1 } }));
    return {
      ...sources,
      workers: () => workers,
      workerCounts: (service, id) => statistics.workerCounts(service, id),
    };
  };
  const linesOf = (count: number): number => createMetrics(many(count)).render().split("\n").length;
  const perWorker = (linesOf(200) - linesOf(100)) / 100;
  assert.ok(perWorker <= 26, `${perWorker} lines for each worker`);
  assert.equal(linesOf(3_000), linesOf(workersReportedMax));
  assert.match(createMetrics(many(3_000)).render(), /^skein_workers_untold 2000$/m);
});

test("promtool accepts them", { skip: missingTool("promtool", "prometheus") }, () => {
  const input = createMetrics(sources).render();
  const checked = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
  assert.equal(`${checked.stdout}${checked.stderr}`.trim(), "");
  assert.equal(checked.status, 0);
});
