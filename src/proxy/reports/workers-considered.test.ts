import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { RequestTry } from "../../protocol/requests.ts";
import type { TableWorker } from "../../protocol/routing-table.ts";
import { systemClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { seededRandom } from "../../runtime/random.ts";
import { Proxy } from "../proxy.ts";
import { testService, testTable, testWorkerRow } from "../testing/testing-table.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import { workersConsidered } from "./workers-considered.ts";

function poolOf(context: TestContext, workers: TableWorker[], services = [testService()]): ServicePool {
  const proxy = new Proxy({
    name: "proxy-1",
    instance: "test",
    clock: systemClock,
    random: seededRandom(7),
    logger: silentLogger,
    evidence: () => {},
  });
  context.after(() => proxy.close());
  proxy.take({ kind: "full", table: testTable({ workers, services }) });
  return proxy.pool("web");
}

const rows = (many: number): TableWorker[] => Array.from({ length: many }, (_, at) => testWorkerRow(at));

test("why workers could not be chosen is counted, each by one reason", (context) => {
  const pool = poolOf(context, [
    testWorkerRow(1),
    testWorkerRow(2, { weight: 0 }),
    testWorkerRow(3, { state: { kind: "draining" } }),
    testWorkerRow(4, { state: { kind: "suspect", cause: "not-checked", strength: "hard" } }),
  ]);
  const { workers, eligible, full, weightless, draining, out } = workersConsidered(
    pool,
    { tries: [] },
    false,
    0,
  );
  assert.deepEqual([workers, eligible, full, weightless, draining, out], [4, 1, 0, 1, 1, 1]);
});

test("of a subset those are counted and shown that are of it or stand in for it", (context) => {
  const subsets = {
    canary: { version: "3", otherwise: "fresh" },
    fresh: { version: "2", otherwise: "none" },
    lenient: { version: "4", otherwise: "any" },
  };
  const out = { state: { kind: "suspect", cause: "refused", strength: "hard" } } as const;
  const workers = [
    testWorkerRow(1, { version: "1" }),
    testWorkerRow(2, { version: "2", ...out }),
    testWorkerRow(3, { version: "3", ...out }),
  ];
  const pool = poolOf(context, workers, [testService({ subsets })]);
  for (const [subset, many, outside] of [
    [undefined, 3, 2],
    ["canary", 2, 2],
    ["fresh", 1, 1],
    ["lenient", 3, 2],
    ["unknown", 0, 0],
  ] as const) {
    const considered = workersConsidered(pool, { tries: [], ...(subset && { subset }) }, true, 0);
    assert.deepEqual(
      [considered.workers, considered.out, considered.shown.length],
      [many, outside, many],
      subset ?? "all",
    );
  }
});

test("eight are shown, those that were tried first, also the last one of very many", (context) => {
  const pool = poolOf(context, rows(1_000));
  const last = [...pool.workers.keys()].at(-1) ?? "";
  const { shown } = workersConsidered(pool, { tries: [{ worker: last } as RequestTry] }, true, 0);
  assert.equal(shown.length, 8);
  assert.equal(shown[0]?.worker, last);
  assert.equal(new Set(shown.map(({ worker }) => worker)).size, 8);
});

test("counts of 100 workers are no older than 10 ms", (context) => {
  const pool = poolOf(context, rows(100));
  const eligible = (now: number): number => workersConsidered(pool, { tries: [] }, false, now).eligible;
  assert.equal(eligible(1_000), 100);
  pool.update([], [...pool.workers.keys()].slice(0, 40));
  assert.equal(eligible(1_009), 100);
  assert.equal(eligible(1_010), 60);
});
