import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatisticsReport } from "../../protocol/evidence.ts";
import { claimant } from "../../registry/testing-registry.ts";
import type { Controller } from "../controller.ts";
import { TestGateway } from "../testing-pair.ts";
import { familiesOf, type Part } from "./metrics.ts";
import { metricSources } from "./sources.ts";
import { plainReport } from "./testing-report.ts";
import { textOf } from "./text-format.ts";

/** Of a proxy that has lived for `upMs`, after so many requests to one route and one worker. */
function reportOf(requests: number, upMs: number): StatisticsReport {
  const answers = { byStatusClass: [0, requests, 0, 0, 0], latency: [requests], latencySumMs: requests };
  return {
    ...plainReport,
    services: { web: { ...answers, requests, inFlight: 0, bytesIn: 0, bytesOut: 0 } },
    routes: { "/": answers },
    workers: [{ service: "web", id: "w1", answers: requests, errors: 0, latency: [requests] }],
    process: { heapBytes: 1, deadlines: 0, upMs },
  };
}

function counters(controller: Controller, part: Part): string {
  const families = familiesOf(metricSources(controller), part);
  return textOf(families.filter(({ type }) => type !== "gauge"));
}

test("the counters of a gateway are the same at each of its controllers, however old each is", async () => {
  const gateway = new TestGateway();
  const old = await gateway.start("controller-1");
  old.registry.heartbeat({ ...claimant("w1"), service: "web", ttlMs: 600_000 }, {}, "here");
  gateway.ports(old).statistics(reportOf(200, 1_000), "here");
  await gateway.time.run(60_000);
  const young = await gateway.start("controller-2");
  await gateway.time.run(1_000);
  gateway.ports(old).statistics(reportOf(220, 62_000), "here");
  await gateway.time.run(1_000);
  assert.match(counters(young, "gateway"), /^skein_route_requests_total\{.*class="2xx"\} 220$/m);
  assert.equal(counters(young, "gateway"), counters(old, "gateway"));
  const seen = /^skein_worker_requests_total\{.*result="ok"\} 220$/m;
  assert.match(counters(old, "controller"), seen);
  assert.doesNotMatch(counters(young, "controller"), seen, "it counts from its own start");
});
