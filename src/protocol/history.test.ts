import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterEvent, ClusterEventKind } from "./events.ts";
import { changesBetween, clusterAt, departuresOf, type PastCluster } from "./history.ts";

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString();

let id = 0;
function happened(
  second: number,
  kind: ClusterEventKind,
  worker?: string,
  data?: ClusterEvent["data"],
): ClusterEvent {
  id += 1;
  const of = worker === undefined ? {} : { service: "orders", worker };
  return {
    id,
    at: at(second),
    term: 1,
    kind,
    ...of,
    message: `${worker ?? ""} ${kind}`,
    ...(data && { data }),
  };
}

const events = [
  happened(1, "leader-elected", undefined, { controller: "controller-1" }),
  happened(2, "worker-joined", "a", { address: "127.0.0.1:1" }),
  happened(3, "worker-live", "a", { address: "127.0.0.1:1" }),
  happened(10, "worker-suspect", "a", { cause: "stalled", address: "127.0.0.1:1" }),
  happened(11, "leader-elected", undefined, { controller: "controller-2" }),
  happened(12, "worker-joined", "b", { state: "live" }),
  happened(14, "worker-weight", "b"),
  happened(20, "worker-live", "a", { address: "127.0.0.1:1" }),
  happened(30, "worker-dead", "b"),
  happened(40, "worker-forgotten", "b"),
];
const now = at(60);
const present = [
  { service: "orders", id: "a", address: "127.0.0.1:1", state: "live" as const, stateForMs: 40_000 },
  // Nothing is remembered of these two.
  { service: "orders", id: "old", address: "127.0.0.1:2", state: "live" as const, stateForMs: 3_600_000 },
  { service: "orders", id: "young", address: "127.0.0.1:3", state: "live" as const, stateForMs: 5_000 },
];

const then = (second: number): PastCluster => clusterAt(at(second), events, present, now);
const told = (second: number): string =>
  then(second)
    .workers.map(
      ({ id: worker, state, cause }) => `${worker} ${state}${cause === undefined ? "" : `: ${cause}`}`,
    )
    .join(", ");

test("the workers as they were, moment by moment", () => {
  assert.equal(told(1), "old live, young unknown");
  assert.equal(told(2), "a suspect: not-checked, old live, young unknown");
  assert.equal(told(9), "a live, old live, young unknown");
  assert.equal(told(15), "a suspect: stalled, b live, old live, young unknown");
  assert.equal(told(35), "a live, b dead, old live, young unknown");
  assert.equal(told(58), "a live, old live, young live");
});

test("who ended while the gateway was restarted: what it was is unknown since the next leader", () => {
  const restarted = [
    happened(1, "leader-elected", undefined, { controller: "controller-1" }),
    happened(2, "worker-joined", "back", { state: "live" }),
    happened(2, "worker-joined", "lost", { state: "live", address: "127.0.0.1:1" }),
    happened(2, "worker-joined", "moved", { state: "live" }),
    happened(3, "worker-dead", "dead"),
    happened(10, "leader-elected", undefined, { controller: "controller-1" }),
    happened(11, "worker-joined", "back", { state: "live" }),
    happened(20, "worker-joined", "moved", { state: "live" }),
  ];
  const here = ["back", "moved"].map((worker) => ({
    service: "orders",
    id: worker,
    address: "127.0.0.1:2",
    state: "live" as const,
    stateForMs: 1_000,
  }));
  const states = (second: number): string =>
    clusterAt(at(second), restarted, here, now)
      .workers.map(({ id: worker, state }) => `${worker} ${state}`)
      .join(", ");
  assert.equal(states(9), "back live, dead dead, lost live, moved live");
  assert.equal(states(15), "back live, lost unknown, moved live");
  assert.equal(states(60), "back live, lost unknown, moved live");
});

test("who led, and since when and why a worker was as it was", () => {
  assert.equal(then(0).leader, undefined);
  assert.equal(then(5).leader, "controller-1");
  assert.equal(then(15).leader, "controller-2");
  assert.deepEqual(then(15).workers[0], {
    service: "orders",
    id: "a",
    state: "suspect",
    cause: "stalled",
    address: "127.0.0.1:1",
    since: at(10),
    reason: "a worker-suspect",
  });
});

test("what changed between two moments, with what happened", () => {
  const between = (from: number, to: number): string[] => {
    const { workers, events: others } = changesBetween(
      { at: at(from), cluster: then(from) },
      { at: at(to), cluster: then(to) },
      events,
    );
    return [
      ...workers.map(({ id: worker, before, after, events: its }) => {
        return `${worker}: ${before?.state ?? "-"} > ${after?.state ?? "-"} (${its.length})`;
      }),
      ...others.map(({ message }) => message.trim()),
    ];
  };
  assert.deepEqual(between(9, 15), ["a: live > suspect (1)", "b: - > live (2)", "leader-elected"]);
  assert.deepEqual(between(9, 25), ["a: live > live (2)", "b: - > live (2)", "leader-elected"]);
  assert.deepEqual(between(15, 50), ["a: suspect > live (1)", "b: live > - (2)"]);
  assert.deepEqual(between(21, 29), []);
});

test("who had gone by a moment, also when it is forgotten; not who came back, nor who went later", () => {
  const told = [
    happened(1, "worker-joined", "a"),
    happened(2, "worker-left", "a"),
    happened(3, "worker-dead", "b"),
    happened(4, "worker-left", "c"),
    happened(5, "worker-forgotten", "a"),
    happened(6, "worker-joined", "c"),
    happened(7, "worker-weight", "b"),
    happened(9, "worker-left", "c"),
  ];
  const gone = (second: number): string[] =>
    departuresOf("orders", at(second), told).map(({ worker, kind }) => `${worker} ${kind}`);
  assert.deepEqual(gone(4), ["c left", "b dead", "a left"]);
  assert.deepEqual(gone(8), ["b dead", "a left"]);
  assert.deepEqual(gone(9), ["c left", "b dead", "a left"]);
  assert.deepEqual(departuresOf("web", at(9), told), []);
});
