import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveChanges, type LiveView, liveWorker } from "./live-delta.ts";
import { workerView } from "./testing-ports.ts";

const controllers = { v: 1 as const, term: 1, leader: null, controllers: [] };
const view = (changes: Partial<LiveView> = {}): LiveView => ({
  workers: [liveWorker(workerView("orders", "a")), liveWorker(workerView("orders", "b"))],
  services: [],
  controllers,
  proxies: [],
  ...changes,
});
const proxy = {
  proxy: "p1",
  instance: "i1",
  connections: { open: 1, accepted: 1, refused: 0 },
  retries: { taken: 0, denied: 0 },
  services: {},
};

test("the first look tells everything, the next one nothing", () => {
  const changes = new LiveChanges();
  const first = changes.since(view({ proxies: [proxy] }));
  assert.deepEqual(Object.keys(first ?? {}).sort(), ["controllers", "proxies", "services", "workers"]);
  assert.equal(changes.since(view({ proxies: [proxy] })), undefined);
});

test("time that passes in a state is no change", () => {
  const changes = new LiveChanges();
  changes.since(view());
  const older = view().workers.map((worker) => ({ ...worker, stateForMs: worker.stateForMs + 5_000 }));
  assert.equal(changes.since(view({ workers: older })), undefined);
});

test("a worker that left its state and came back between two looks is told", () => {
  const changes = new LiveChanges();
  const at = (stateForMs: number): LiveView =>
    view({ workers: [{ ...liveWorker(workerView("orders", "a")), stateForMs }] });
  changes.since(at(3_600_000));
  assert.equal(changes.since(at(3_600_200)), undefined);
  assert.equal(changes.since(at(5))?.workers?.[0]?.stateForMs, 5);
  assert.equal(changes.since(at(205)), undefined);
});

test("a changed load goes alone, a changed state with the whole worker, and who is gone by its key", () => {
  const changes = new LiveChanges();
  changes.since(view());
  const loaded = { ...liveWorker(workerView("orders", "a")), load: { inFlight: 3 } };
  const b = liveWorker(workerView("orders", "b"));
  assert.deepEqual(changes.since(view({ workers: [loaded, b] })), {
    loads: [{ service: "orders", id: "a", load: { inFlight: 3 } }],
  });
  const draining = { ...b, state: "draining" as const };
  assert.deepEqual(changes.since(view({ workers: [draining] })), {
    workers: [draining],
    gone: [{ service: "orders", id: "a" }],
  });
});

test("a worker that came back is told whole", () => {
  const changes = new LiveChanges();
  changes.since(view());
  changes.since(view({ workers: [] }));
  assert.equal(changes.since(view())?.workers?.length, 2);
});

test("of a proxy to which nothing happens only its age is told, and only when it has reported", () => {
  const changes = new LiveChanges();
  changes.since(view({ proxies: [{ ...proxy, upMs: 1_000 }] }));
  const later = view({ proxies: [{ ...proxy, upMs: 2_000 }] });
  assert.deepEqual(changes.since(later), { reported: [{ proxy: "p1", upMs: 2_000 }] });
  assert.equal(changes.since(later), undefined);
});

test("of the proxies only those with news are told, and those that ended by their name", () => {
  const changes = new LiveChanges();
  const other = { ...proxy, proxy: "p2" };
  changes.since(view({ proxies: [proxy, other] }));
  const newer = { ...proxy, connections: { open: 2, accepted: 2, refused: 0 } };
  assert.deepEqual(changes.since(view({ proxies: [newer] })), { proxies: [newer], proxiesGone: ["p2"] });
});
