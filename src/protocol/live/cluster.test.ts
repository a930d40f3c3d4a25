import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterEvent } from "../events.ts";
import type { LiveProxy, LiveSnapshot, LiveWorker } from "../live.ts";
import { changed, clusterOf, keyOf, withEvents } from "./cluster.ts";

const worker = (id: string): LiveWorker => ({
  id,
  service: "orders",
  address: "127.0.0.1:1",
  state: "live",
  generation: 1,
  origin: "session",
  session: true,
  weight: 1,
  desired: "serve",
  ttlMs: 3_000,
  stateForMs: 400,
  tags: [],
  metadata: {},
  load: {},
});
const snapshot: LiveSnapshot = {
  v: 1,
  controller: "c",
  operator: false,
  workers: [worker("a"), worker("b")],
  services: [],
  controllers: { v: 1, term: 1, leader: null, controllers: [] },
  proxies: [],
};
const event = (id: number) => ({ id, at: "", term: 1, kind: "worker-live" as const, message: "" });

test("a delta changes what it names and nothing else", () => {
  const before = clusterOf(snapshot, 1_000);
  assert.equal(before.workers.get(keyOf("orders", "a"))?.since, 600);
  const after = changed(
    before,
    {
      workers: [{ ...worker("a"), state: "dead", stateForMs: 0 }],
      loads: [
        { service: "orders", id: "b", load: { inFlight: 2 } },
        { service: "orders", id: "unknown", load: {} },
      ],
    },
    2_000,
  );
  assert.equal(after.workers.get(keyOf("orders", "a"))?.state, "dead");
  assert.equal(after.workers.get(keyOf("orders", "b"))?.load.inFlight, 2);
  assert.equal(after.workers.size, 2);
  assert.equal(before.workers.get(keyOf("orders", "a"))?.state, "live");
  const gone = changed(after, { gone: [{ service: "orders", id: "a" }] }, 3_000);
  assert.deepEqual([...gone.workers.keys()], [keyOf("orders", "b")]);
  assert.equal(gone.proxies, before.proxies);
});

test("events that come twice are kept once, the newest first", () => {
  const first = withEvents([], [event(1), event(2)]);
  const again = withEvents(first, [event(2), event(3)]);
  assert.deepEqual(
    again.map(({ id }) => id),
    [3, 2, 1],
  );
});

test("where ids jump, what is before the hole is dropped: it is not known to be all", () => {
  const before = withEvents([], [event(1), event(2)]);
  const after = withEvents(before, [event(801), event(802)]);
  assert.deepEqual(
    after.map(({ id }) => id),
    [802, 801],
  );
});

test("events of another history take the place of those that it does not have", () => {
  const at = "2026-01-02T00:00:00.000Z";
  const other = (id: number): ClusterEvent => ({ ...event(id), at });
  const before = withEvents([], [event(1), event(2), event(3)]);
  const told = (events: readonly ClusterEvent[]): [number, string][] => events.map((one) => [one.id, one.at]);
  const [first] = told([event(1)]);
  assert.deepEqual(told(withEvents(before, [event(1), other(2)])), [[2, at], first]);
  const anew = withEvents(before, [other(1)]);
  assert.deepEqual(told(anew), [[1, at]]);
  assert.deepEqual(told(withEvents(anew, [other(2)])), [
    [2, at],
    [1, at],
  ]);
});

test("how far the host's clock is ahead of the reader's is taken from the snapshot", () => {
  const at = new Date(500_000).toISOString();
  assert.equal(clusterOf({ ...snapshot, at }, 600_000).aheadMs, -100_000);
  assert.equal(clusterOf(snapshot, 600_000).aheadMs, 0);
});

test("a report in which nothing is new makes the counters those of a later time", () => {
  const proxy = { proxy: "p", instance: "i", upMs: 1_000, services: {} } as LiveProxy;
  const before = clusterOf({ ...snapshot, proxies: [proxy] }, 0);
  const reported = [
    { proxy: "p", upMs: 2_000 },
    { proxy: "unknown", upMs: 5 },
  ];
  assert.deepEqual([...changed(before, { reported }, 0).proxies.values()], [{ ...proxy, upMs: 2_000 }]);
});
