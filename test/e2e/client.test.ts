import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { WorkersFrame } from "../../src/protocol/discovery.ts";
import { Fleet } from "../../src/demo/cluster/fleet.ts";
import { freePorts } from "../../src/demo/cluster/free-port.ts";
import { readLedgers } from "../../src/demo/cluster/ledger.ts";
import { failureName, tally } from "../../src/demo/drill/tally.ts";
import { Generator } from "../../src/demo/load/generator.ts";
import type { RequestRecord } from "../../src/demo/load/record.ts";
import { client, type ClientOptions } from "../../src/worker/index.ts";
import { missingTool } from "../tools.ts";
import { eventually, kill, TestGateway } from "./harness.ts";

interface Workers {
  fleet: Fleet;
  ledgers: string;
}

async function workers(t: TestContext, kind: "plain" | "sdk", control: string[] = []): Promise<Workers> {
  const directory = mkdtempSync(join(tmpdir(), "skein-client-"));
  const ports = await freePorts(3);
  const fleet = new Fleet({ kind, ports, control, ledgerDirectory: directory, logDirectory: directory });
  t.after(async () => {
    await fleet.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  await fleet.startAll();
  return { fleet, ledgers: directory };
}

async function startLoad(t: TestContext, options: ClientOptions): Promise<Generator> {
  const generator = new Generator();
  t.after(() => generator.close());
  await generator.start({
    target: { client: options },
    name: `client-${process.pid}-${Math.round(performance.now())}`,
    perSecond: 200,
    postShare: 0.2,
    freshShare: 0,
    connections: 0,
    timeoutMs: 5_000,
  });
  return generator;
}

const answeredAfter = (generator: Generator, count: number): Promise<true> => {
  const from = generator.records.length;
  return eventually(
    () => (generator.records.length >= from + count ? true : undefined),
    () => `${count} more answers`,
  );
};

/** Nothing idempotent is lost, each POST is answered or explicit, and the workers' own account agrees. */
function assertKept(records: readonly RequestRecord[], ledgers: string): number {
  const sum = tally(records, readLedgers(ledgers), { proxiesLostAt: [], workersKilled: true });
  assert.deepEqual(sum.failures, {});
  assert.deepEqual([sum.failed, sum.refused, sum.doubled, sum.unexecuted], [0, 0, [], []]);
  assert.equal(sum.answered + sum.outcomeUnknown, sum.requests);
  return sum.outcomeUnknown;
}

test("two gateways, kill -9 of all of one under load, and its return: nothing idempotent is lost", async (t) => {
  const { fleet, ledgers } = await workers(t, "plain");
  const configuration = {
    services: { orders: { workers: fleet.ids, check: false } },
    routes: { "/": "orders" },
    proxies: 1,
    controllers: 1,
  };
  const one = await TestGateway.start(t, { configuration });
  const other = await TestGateway.start(t, { configuration });
  const listen = one.file().listen[0] ?? "";
  const gateways = [one.url, other.url];
  const generator = await startLoad(t, { gateways });
  await answeredAfter(generator, 200);
  for (const pid of one.processes()) kill(pid, "SIGKILL");
  await answeredAfter(generator, 300);
  one.configure({ ...configuration, listen });
  one.up();
  const probing = client("orders", { gateways: [one.url] });
  t.after(() => probing.close());
  await eventually(
    async () => (await probing.fetch("/orders/1").catch(() => undefined))?.ok || undefined,
    () => one.log(),
  );
  await answeredAfter(generator, 200);
  for (const pid of other.processes()) kill(pid, "SIGKILL");
  await answeredAfter(generator, 200);
  const report = await generator.stop();
  assert.equal(generator.records.length, report.sent);
  const unknown = assertKept(generator.records, ledgers);
  const names = generator.records.filter(({ outcome }) => outcome.kind !== "answered").map(failureName);
  t.diagnostic(`${report.sent} sent, ${unknown} POSTs outcome-unknown ${names.join()}`);
});

test("directly at the workers of a service, by discovery: kill -9 of one, then of every controller", async (t) => {
  const gateway = await TestGateway.start(t, { configuration: { routes: { "/": "orders" } } });
  const control = [gateway.controlUrl];
  const { fleet, ledgers } = await workers(t, "sdk", control);
  await eventually(
    async () => {
      const read = await fetch(`${gateway.controlUrl}/v1/workers?service=orders&state=live`);
      return ((await read.json()) as { workers: object[] }).workers.length === 3 || undefined;
    },
    () => "three live workers",
  );
  const generator = await startLoad(t, { control });
  await answeredAfter(generator, 200);
  fleet.at(0).kill("SIGKILL");
  await answeredAfter(generator, 200);
  // Nobody is left who could tell; what was known serves on.
  for (const pid of gateway.processes()) kill(pid, "SIGKILL");
  await answeredAfter(generator, 300);
  fleet.at(1).kill("SIGKILL");
  await answeredAfter(generator, 200);
  await generator.stop();
  t.diagnostic(`${generator.records.length} sent, ${assertKept(generator.records, ledgers)} outcome-unknown`);
});

test("curl reads what the client reads", { skip: missingTool("curl", "curl") }, async (t) => {
  const gateway = await TestGateway.start(t, {
    configuration: {
      services: { orders: { workers: ["127.0.0.1:9"], check: false } },
      routes: { "/": "orders" },
    },
  });
  const url = `${gateway.controlUrl}/v1/workers?service=orders&watch=1`;
  const { stdout } = spawnSync("curl", ["-sN", "--max-time", "2", url], { encoding: "utf8" });
  const [first, second] = stdout.split("\n").map((line) => JSON.parse(line || "null") as WorkersFrame | null);
  assert.equal(first?.kind, "full");
  assert.deepEqual(first?.kind === "full" && first.workers.map(({ address, state }) => [address, state]), [
    ["127.0.0.1:9", "live"],
  ]);
  assert.equal(second?.kind, "alive");
});
