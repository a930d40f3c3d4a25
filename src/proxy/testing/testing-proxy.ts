import type { AddressInfo } from "node:net";
import type { Evidence } from "../../protocol/evidence.ts";
import type { RoutingTable } from "../../protocol/routing-table.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { type Logger, silentLogger } from "../../runtime/logger.ts";
import { seededRandom } from "../../runtime/random.ts";
import { Proxy } from "../proxy.ts";
import { connectTo, type TestPeer, TestWorker } from "./testing-peers.ts";
import { testTable, type TestTableParts, testWorkerRow } from "./testing-table.ts";

/** A proxy with real sockets, workers and clients of a test; everything is closed at its end. */
export interface TestProxy {
  proxy: Proxy;
  port: number;
  evidence: Evidence[];
  /** Gives the proxy a whole new table. */
  table: (parts: TestTableParts) => RoutingTable;
  /** `halfOpen`: one that does not answer the proxy's end by its own. */
  client: (halfOpen?: "halfOpen") => Promise<TestPeer>;
  worker: () => Promise<TestWorker>;
}

interface TestContext {
  after(fn: () => void): void;
}

/** Time that runs `factor` times as fast, on real sockets: for waits that are long in the product. */
export function fastClock(factor: number): Clock {
  return {
    ...systemClock,
    now: () => systemClock.now() * factor,
    after: (ms, fire) => systemClock.after(ms / factor, fire),
    every: (ms, fire) => systemClock.every(Math.max(1, ms / factor), fire),
  };
}

export async function startTestProxy(
  context: TestContext,
  clock: Clock = systemClock,
  logger: Logger = silentLogger,
): Promise<TestProxy> {
  const evidence: Evidence[] = [];
  const proxy = new Proxy({
    name: "proxy-1",
    instance: "test",
    clock,
    random: seededRandom(7),
    logger,
    evidence: (item) => evidence.push(item),
  });
  const closers: (() => void)[] = [() => proxy.close()];
  context.after(() => {
    for (const close of closers) close();
  });
  const server = await proxy.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.address() as AddressInfo;
  let sequence = 0;
  return {
    proxy,
    port,
    evidence,
    table(parts) {
      sequence += 1;
      const table = testTable({ ...parts, table: { sequence, revision: sequence, ...parts.table } });
      proxy.take({ kind: "full", table });
      return table;
    },
    async client(halfOpen) {
      const client = await connectTo(port, halfOpen !== undefined);
      closers.push(() => client.close());
      return client;
    },
    async worker() {
      const worker = await new TestWorker().listen();
      closers.push(() => worker.close());
      return worker;
    },
  };
}

/** A proxy in front of `count` workers of the service `web`. */
export async function proxyWithWorkers(
  context: TestContext,
  count = 1,
  parts: TestTableParts = {},
  clock: Clock = systemClock,
): Promise<TestProxy & { workers: TestWorker[] }> {
  const test = await startTestProxy(context, clock);
  const workers: TestWorker[] = [];
  for (let made = 0; made < count; made += 1) workers.push(await test.worker());
  test.table({ ...parts, workers: workers.map((worker) => testWorkerRow(worker.port)) });
  return { ...test, workers };
}
