import assert from "node:assert/strict";
import { join as pathOf } from "node:path";
import { test, type TestContext } from "node:test";
import type { ClusterEvent } from "../../src/protocol/events.ts";
import { allReady, eventually, kill, pause, startPlainWorker, TestGateway } from "./harness.ts";
import { node, WorkerProcess } from "./worker-process.ts";

const app = pathOf(import.meta.dirname, "worker-apps", "joined.ts");

/** Of the services: `web` has a worker by configuration, `plain` one by heartbeat, `orders` one of the SDK. */
async function cluster(context: TestContext, controllers: number) {
  const { address } = await startPlainWorker(context);
  const plain = await startPlainWorker(context);
  const gateway = await TestGateway.start(context, {
    configuration: {
      controllers,
      proxies: 1,
      services: { web: { workers: [address], check: false }, plain: { check: false } },
      routes: { "/": "web" },
    },
  });
  const beat = (): void => {
    const body = JSON.stringify({ service: "plain", address: plain.address, ttlMs: 30_000 });
    const headers = { "content-type": "application/json" };
    void fetch(`${gateway.controlUrl}/v1/heartbeat`, { method: "POST", body, headers }).catch(() => {});
  };
  const beats = setInterval(beat, 200);
  context.after(() => clearInterval(beats));
  await startWorker(context, gateway);
  return gateway;
}

async function startWorker(context: TestContext, gateway: TestGateway): Promise<void> {
  const env = { SKEIN_CONTROL: gateway.controlUrl };
  await new WorkerProcess(context, [...node, app], { env }).line(/^port/);
}

async function eventsOf(gateway: TestGateway): Promise<ClusterEvent[]> {
  const answer = await fetch(`${gateway.controlUrl}/v1/events?after=0&limit=1000`);
  return ((await answer.json()) as { events: ClusterEvent[] }).events;
}

async function joinedOf(gateway: TestGateway): Promise<string[]> {
  const events = await eventsOf(gateway);
  return events.filter(({ kind }) => kind === "worker-joined").map(({ service }) => service ?? "");
}

/** Everybody has joined, and is so old that no controller takes it for news: that goes by time alone, see `asFound`. */
async function settledJoins(gateway: TestGateway): Promise<void> {
  await eventually(
    async () => (await joinedOf(gateway)).length >= 3 || undefined,
    () => "three workers have joined",
    10_000,
  );
  await pause(2_000);
}

async function all(gateway: TestGateway): Promise<void> {
  const { controlUrl } = gateway;
  await eventually(
    async () => {
      const answer = await fetch(`${controlUrl}/v1/workers`).catch(() => undefined);
      const { workers = [] } = ((await answer?.json()) ?? {}) as { workers?: { state: string }[] };
      return workers.filter(({ state }) => state === "live").length === 3 || undefined;
    },
    () => "three live workers",
    10_000,
  );
}

for (const controllers of [1, 2]) {
  test(`a worker has joined once: upgrade and ends of the leader, controllers: ${controllers}`, async (context) => {
    const gateway = await cluster(context, controllers);
    await settledJoins(gateway);
    assert.deepEqual((await joinedOf(gateway)).toSorted(), ["orders", "plain", "web"]);

    await gateway.upgrade();
    await gateway.until("upgraded", allReady);
    await all(gateway);
    const [leader = 0] = await gateway.pids("controller");
    kill(leader, "SIGKILL");
    await gateway.until(
      "a new controller",
      (status) => allReady(status) && status.children.every(({ pid }) => pid !== leader),
    );
    await all(gateway);

    // What was told of the others is written before what is told of this one.
    await startWorker(context, gateway);
    await eventually(
      async () => (await joinedOf(gateway)).length >= 4 || undefined,
      () => "who is new has joined",
      10_000,
    );
    assert.deepEqual((await joinedOf(gateway)).toSorted(), ["orders", "orders", "plain", "web"]);
  });
}
