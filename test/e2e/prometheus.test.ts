import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { missingTool } from "../tools.ts";
import { dashboardExpressions, ruleExpressions, withoutVariables } from "../deploy/expressions.ts";
import { eventually, startPlainWorker, TestGateway } from "./harness.ts";
import { familiesOf, type MetricSources } from "../../src/controller/metrics/metrics.ts";
import { anyFreePort } from "../../src/supervisor/local/free-port.ts";

const skip = missingTool("prometheus", "prometheus", "prometheus");

/** Those that are told for a gateway by one of its controllers. */
const counters = familiesOf({} as MetricSources, "gateway").flatMap(({ name, type }) => {
  if (type === "gauge") return [];
  return type === "counter" ? [name] : [`${name}_count`];
});

interface Answer<Data> {
  data: Data;
}
interface Target {
  scrapePool: string;
  scrapeUrl: string;
  health: string;
  lastError: string;
  labels: Record<string, string>;
}
interface Result {
  result: { metric: Record<string, string>; value: [number, string] }[];
}

test("a Prometheus finds the gateway and its workers, and knows what they say", { skip }, async (context) => {
  const worker = await startPlainWorker(context);
  const gateway = await TestGateway.start(context, {
    configuration: { services: { web: { workers: [worker.address], check: { tcp: true } } } },
  });
  const ownMetrics = await startMetrics(context);
  await announce(gateway, ownMetrics);
  const prometheus = await startPrometheus(context, gateway);

  const targets = await eventually(
    async () => {
      const { activeTargets } = await prometheus.ask<{ activeTargets: Target[] }>("targets");
      const up = activeTargets.filter(({ health }) => health === "up");
      return up.length === 4 ? up : undefined;
    },
    () => `four targets; log:\n${prometheus.log()}`,
  );
  const roles = targets.map(({ labels }) => labels["role"] ?? `${labels["job"]} ${labels["instance"]}`);
  assert.deepEqual(roles.sort(), ["controller", "controller", "gateway", "skein-workers orders/o-1"]);

  for (let count = 0; count < 5; count += 1) assert.equal((await fetch(`${gateway.url}/`)).status, 200);
  const requests = 'sum(skein_requests_total{service="web",class="2xx"})';
  await prometheus.until(requests, (value) => value === 5);
  await prometheus.until("sum(skein_leader)", (value) => value === 1);
  await prometheus.until(
    'max(skein_worker_requests_total{service="web",result="ok"})',
    (value) => value === 5,
  );
  await prometheus.until("max(skein_proxy_event_loop_delay_seconds)", (value) => value >= 0);
  await prometheus.until("max(skein_supervisor_event_loop_delay_seconds)", (value) => value >= 0);
  await prometheus.until('own_metric{worker="o-1",service="orders"}', (value) => value === 7);

  for (const { where, text } of dashboardExpressions()) {
    const answer = await prometheus.query(withoutVariables(text)).catch((error: unknown) => error);
    assert.ok(!(answer instanceof Error), `${where}: ${String(answer)}`);
  }

  await nothingIsWrong(prometheus);
  worker.server.close();
  worker.server.closeAllConnections();
  await prometheus.until(ruleOf("SkeinNoLiveWorker"), (value) => value === 0);
  worker.server.listen(Number(worker.address.split(":")[1]), "127.0.0.1");
  await prometheus.until('sum(skein_workers{service="web",state="live"})', (value) => value === 1);

  // The controllers go away and come back elsewhere: the gateway's series go on under its name.
  const before = await scrapedFor("gateway", prometheus);
  const [pid = 0] = await gateway.pids("controller");
  process.kill(pid, "SIGKILL");
  await gateway.until("another one is there", ({ children }) =>
    children.every((child) => child.state === "ready" && child.pid !== pid),
  );
  await eventually(
    async () => {
      const now = await scrapedFor("gateway", prometheus);
      return now !== before && now === (await scrapedFor("controller", prometheus)) ? true : undefined;
    },
    () => `the new controller is asked for the gateway; log:\n${prometheus.log()}`,
  );
  assert.equal((await fetch(`${gateway.url}/`)).status, 200);
  await prometheus.until(requests, (value) => value === 6);
  await prometheus.until('sum(skein_route_requests_total{class="2xx"})', (value) => value === 6);
  // A counter that went back would count as one that began anew, with all that it says.
  for (const counter of counters) {
    await prometheus.until(`sum(resets(${counter}[10m])) or vector(0)`, (value) => value === 0);
  }
  await prometheus.until(`count(count by (instance) (skein_requests_total))`, (value) => value === 1);
});

/** No alert's expression holds; how late processes are is the machine's affair. */
async function nothingIsWrong(prometheus: Prometheus): Promise<void> {
  for (const { where, text } of ruleExpressions()) {
    if (text.includes("event_loop_delay")) continue;
    assert.deepEqual((await prometheus.query(text)).result, [], where);
  }
}

/** The address of the first controller that is asked for the gateway, or for itself. */
async function scrapedFor(role: "gateway" | "controller", prometheus: Prometheus): Promise<string> {
  const { activeTargets } = await prometheus.ask<{ activeTargets: Target[] }>("targets");
  const [first] = activeTargets
    .filter(({ labels, health }) => labels["role"] === role && health === "up")
    .toSorted((one, other) => (one.labels["instance"]! < other.labels["instance"]! ? -1 : 1));
  return first === undefined ? "" : new URL(first.scrapeUrl).host;
}

function ruleOf(alert: string): string {
  const rule = ruleExpressions().find(({ where }) => where.endsWith(`: ${alert}`));
  assert.ok(rule !== undefined);
  return rule.text;
}

/** A worker by plain heartbeats, whose metrics are at a port of their own. */
async function announce(gateway: TestGateway, metricsPort: number): Promise<void> {
  const beat = {
    service: "orders",
    id: "o-1",
    address: `127.0.0.1:${metricsPort}`,
    ttlMs: 60_000,
    metadata: { "metrics-port": String(metricsPort), "metrics-path": "/own" },
  };
  const answer = await fetch(`${gateway.controlUrl}/v1/heartbeat`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(beat),
  });
  assert.equal(answer.status, 200, await answer.text());
}

async function startMetrics(context: TestContext): Promise<number> {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(request.url === "/own" ? "own_metric 7\n" : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

interface Prometheus {
  log(): string;
  ask<Data>(path: string): Promise<Data>;
  query(expression: string): Promise<Result>;
  /** Waits until an expression has one value that is as it should be. */
  until(expression: string, holds: (value: number) => boolean): Promise<void>;
}

/** The example of deploy/, which is changed in its address and its haste alone. */
async function startPrometheus(context: TestContext, gateway: TestGateway): Promise<Prometheus> {
  const file = join(gateway.directory, "prometheus.yml");
  const example = readFileSync("deploy/prometheus.yml", "utf8");
  writeFileSync(
    file,
    example
      .replaceAll("http://127.0.0.1:7600", gateway.controlUrl)
      .replaceAll(/(scrape_interval|refresh_interval): \d+s/g, "$1: 1s"),
  );
  writeFileSync(join(gateway.directory, "alerts.yml"), readFileSync("deploy/alerts.yml"));
  const port = await anyFreePort();
  const process = spawn(
    "prometheus",
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(gateway.directory, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  for (const stream of [process.stdout, process.stderr]) stream.on("data", (text) => (log += String(text)));
  context.after(() => process.kill("SIGKILL"));

  async function ask<Data>(path: string): Promise<Data> {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    if (!answer.ok) throw new Error(await answer.text());
    return ((await answer.json()) as Answer<Data>).data;
  }
  await eventually(
    () => ask("status/runtimeinfo").catch(() => undefined),
    () => `Prometheus answers; log:\n${log}`,
  );
  const query = (expression: string): Promise<Result> => ask(`query?query=${encodeURIComponent(expression)}`);
  return {
    log: () => log,
    ask,
    query,
    async until(expression, holds) {
      let last: Result | undefined;
      await eventually(
        async () => {
          last = await query(expression);
          const [only, ...more] = last.result;
          return only !== undefined && more.length === 0 && holds(Number(only.value[1])) ? true : undefined;
        },
        () => `${expression} is as it should be; last seen: ${JSON.stringify(last)}\nlog:\n${log}`,
      );
    },
  };
}
