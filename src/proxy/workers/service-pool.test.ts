import assert from "node:assert/strict";
import { test } from "node:test";
import type { TableFrame, TableWorker, WorkerKey } from "../../protocol/routing-table.ts";
import { systemClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { seededRandom } from "../../runtime/random.ts";
import { Proxy } from "../proxy.ts";
import { testTable, testWorkerRow } from "../testing/testing-table.ts";
import type { Worker } from "./worker.ts";

interface TestContext {
  after(fn: () => void): void;
}

/** A proxy that was told of so many workers. */
function proxyThatKnows(context: TestContext, size: number, zone?: string): Proxy {
  const proxy = new Proxy({
    name: "proxy-1",
    instance: "test",
    zone,
    clock: systemClock,
    random: seededRandom(7),
    logger: silentLogger,
    evidence: () => {},
  });
  context.after(() => proxy.close());
  const workers = Array.from({ length: size }, (_, at) => testWorkerRow(at));
  proxy.take({ kind: "full", table: testTable({ workers }) });
  return proxy;
}

/** Counts how often anybody reads what decides whether a worker may be chosen. */
function countLooks(proxy: Proxy): () => number {
  let looks = 0;
  for (const worker of proxy.pool("web").workers.values()) {
    for (const name of ["state", "health", "weight"] as const) {
      let value: unknown = worker[name];
      Object.defineProperty(worker, name, {
        get() {
          looks += 1;
          return value;
        },
        set(next: unknown) {
          value = next;
        },
      });
    }
  }
  return () => looks;
}

function looksFor(
  context: TestContext,
  size: number,
  change: (proxy: Proxy, worker: Worker) => void,
): number {
  const proxy = proxyThatKnows(context, size);
  const looks = countLooks(proxy);
  const worker = proxy.pool("web").workers.get("w-5");
  assert.ok(worker !== undefined);
  change(proxy, worker);
  return looks();
}

const delta = (
  upserts: TableWorker[],
  removals: WorkerKey[] = [],
): Extract<TableFrame, { kind: "delta" }> => ({
  kind: "delta",
  sequence: 2,
  term: 1,
  settled: true,
  upserts,
  removals,
});

const changes: [string, (proxy: Proxy, worker: Worker) => void][] = [
  [
    "the table says that it is suspect",
    (proxy) => {
      const row = testWorkerRow(5, { state: { kind: "suspect", cause: "failing", strength: "soft" } });
      proxy.take(delta([row]));
    },
  ],
  [
    "its weight is another",
    (proxy) => {
      const row = testWorkerRow(5, { weight: 3 });
      proxy.take(delta([row]));
    },
  ],
  [
    "it is gone",
    (proxy) => {
      const removals = [{ service: "web", id: "w-5" }];
      proxy.take(delta([], removals));
    },
  ],
  ["it refuses", (proxy, worker) => proxy.pool("web").watch.refused(worker)],
  ["it does not answer in time", (proxy, worker) => proxy.pool("web").watch.failedToAnswer(worker)],
];

for (const [what, change] of changes) {
  test(`${what}: that looks at no more of 10,000 workers than of 10`, (context) => {
    const few = looksFor(context, 10, change);
    assert.ok(few > 0 || what === "it is gone");
    assert.equal(looksFor(context, 10_000, change), few);
  });
}

test("a worker whose limit is lowered below what it has gets nothing until it is free", (context) => {
  const proxy = proxyThatKnows(context, 1);
  const pool = proxy.pool("web");
  const worker = pool.workers.get("w-0");
  assert.ok(worker !== undefined);
  worker.inFlight = 2;
  const row = testWorkerRow(0, { maxInFlight: 2 });
  proxy.take(delta([row]));
  assert.equal(pool.candidatesOf(undefined).pick(0), undefined);
  worker.inFlight = 1;
  pool.candidatesOf(undefined).loadChanged(worker);
  assert.equal(pool.candidatesOf(undefined).pick(0), worker);
});

test("the last worker that is not parked serves on, however it fails, until the other one is back", (context) => {
  const proxy = proxyThatKnows(context, 2);
  const pool = proxy.pool("web");
  const worker = pool.workers.get("w-0");
  assert.ok(worker !== undefined);
  proxy.take(delta([testWorkerRow(1, { weight: 0 })]));
  for (let failures = 0; failures < 5; failures += 1) pool.watch.failedToAnswer(worker);
  assert.equal(worker.health.kind, "out");
  assert.equal(pool.candidatesOf(undefined).pick(0), worker);
  proxy.take({ ...delta([testWorkerRow(1)]), sequence: 3 });
  assert.equal(pool.candidatesOf(undefined).pick(0)?.id, "w-1");
});

test("settings of the service reach the workers that are there", (context) => {
  const proxy = proxyThatKnows(context, 3);
  const pool = proxy.pool("web");
  pool.configure({
    ...pool.settings,
    maxInFlight: 7,
    check: { kind: "http", path: "/", everyMs: 1, timeoutMs: 1, fall: 1, rise: 1 },
  });
  for (const worker of pool.workers.values())
    assert.deepEqual([worker.maxInFlight, worker.askable], [7, true]);
  assert.ok(pool.candidatesOf(undefined).pick(0) !== undefined);
});

for (const [cause, isWarm] of [
  ["blocked", true],
  ["refused", false],
  ["stalled", false],
  ["failing", false],
] as const) {
  test(`who was ${cause} comes back ${isWarm ? "as warm as before" : "by slow start"}`, (context) => {
    const proxy = proxyThatKnows(context, 3);
    const worker = proxy.pool("web").workers.get("w-0");
    assert.ok(worker !== undefined);
    const before = worker.liveSince;
    proxy.take(delta([testWorkerRow(0, { state: { kind: "suspect", cause, strength: "soft" } })]));
    proxy.take({ ...delta([testWorkerRow(0, { liveForMs: 0 })]), sequence: 3 });
    assert.equal(worker.state.kind, "live");
    assert.equal(worker.liveSince === before, isWarm);
  });
}

test("workers of the gateway's zone go first where the service wants it, backups last everywhere", (context) => {
  const proxy = proxyThatKnows(context, 3, "a");
  const rows = [
    testWorkerRow(0, { zone: "a" }),
    testWorkerRow(1, { zone: "b" }),
    testWorkerRow(2, { backup: true, zone: "a" }),
  ];
  proxy.take(delta(rows));
  const pool = proxy.pool("web");
  const picked = (): string[] => {
    const ids = new Set(
      Array.from({ length: 100 }, () => pool.candidatesOf(undefined).pick(0)?.id ?? "nobody"),
    );
    return [...ids].sort();
  };
  assert.deepEqual(picked(), ["w-0", "w-1"]);
  pool.configure({ ...pool.settings, preferZone: true });
  assert.deepEqual(picked(), ["w-0"]);
  proxy.take({ ...delta([testWorkerRow(1, { zone: "a" })]), sequence: 3 });
  assert.deepEqual(picked(), ["w-0", "w-1"]);
  proxy.take({
    ...delta(
      [],
      [0, 1].map((at) => ({ service: "web", id: `w-${at}` })),
    ),
    sequence: 4,
  });
  assert.deepEqual(picked(), ["w-2"]);
});

test("a gateway that was told no zone prefers none", (context) => {
  const proxy = proxyThatKnows(context, 0);
  const pool = proxy.pool("web");
  pool.configure({ ...pool.settings, preferZone: true });
  proxy.take(delta([testWorkerRow(0, { zone: "a" }), testWorkerRow(1)]));
  const ids = new Set(Array.from({ length: 100 }, () => pool.candidatesOf(undefined).pick(0)?.id));
  assert.equal(ids.size, 2);
});
