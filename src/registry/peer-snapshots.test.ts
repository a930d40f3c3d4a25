import assert from "node:assert/strict";
import { test } from "node:test";
import type { Claimant } from "./claim.ts";
import { snapshotOf, takePeerItem } from "./peer-news.ts";
import { PeerSnapshots } from "./peer-snapshots.ts";
import { claimant, TestEnd, TestRegistry } from "./testing-registry.ts";

test("a controller that begins hears of those that have left, and of those that are only gone", () => {
  const a = new TestRegistry("a").configure();
  const b = new TestRegistry("b", a.time).configure();
  const [left, lost] = ["w1", "w2"].map((id) => b.registry.openSession(claimant(id), id, new TestEnd()));
  left?.leave();
  lost?.lost();
  for (const item of snapshotOf(b.registry)) takePeerItem(a.registry, "b", item);
  assert.deepEqual([a.registry.hasLeft("web", "w1"), a.registry.hasLeft("web", "w2")], [true, false]);
});

test("who left stays told when it is forgotten, from controller to controller; not who only sent heartbeats", async () => {
  const a = new TestRegistry("a").configure();
  const elsewhere = (id: string): Claimant => ({ ...claimant(id), address: "10.0.0.7:8081" });
  a.registry.openSession(elsewhere("w1"), "x", new TestEnd()).leave();
  a.registry.openSession(elsewhere("w2"), "y", new TestEnd()).leave();
  a.heartbeat("w3");
  a.registry.remove("web", "w3");
  await a.time.run(61_000);
  assert.equal(a.registry.size, 0);
  a.registry.openSession(elsewhere("w2"), "z", new TestEnd());
  const b = new TestRegistry("b", a.time).configure();
  for (const item of snapshotOf(a.registry)) takePeerItem(b.registry, "a", item);
  const c = new TestRegistry("c", a.time).configure();
  for (const item of snapshotOf(b.registry)) takePeerItem(c.registry, "b", item);
  const left = ["w1", "w2", "w3"].map((id) => c.registry.hasLeft("web", id));
  assert.deepEqual(left, [true, false, false]);
});

test("a hold whose end the peer had to drop is over with the peer's next snapshot; the others stay", async () => {
  const a = new TestRegistry("a").configure();
  const b = new TestRegistry("b", a.time).configure();
  const ends = ["w1", "w2", "w3", "w4"].map((id) => b.registry.openSession(claimant(id), id, new TestEnd()));
  await a.time.run(10);
  for (const item of b.told.splice(0)) takePeerItem(a.registry, "b", item);
  ends[0]?.lost();
  // Dropped: too much waited for this receiver.
  b.told.splice(0);
  await a.time.run(10);
  assert.equal(a.states(), "w1=live w2=live w3=live w4=live");
  const snapshots = new PeerSnapshots(a.registry);
  const items = snapshotOf(b.registry);
  for (const part of [items.slice(0, 2), items.slice(2)]) {
    snapshots.add("b", part);
    for (const item of part) takePeerItem(a.registry, "b", item);
  }
  snapshots.end("b");
  assert.equal(a.states(), "w1=session-lost w2=live w3=live w4=live");
  assert.deepEqual(a.registry.entry("web", "w2")?.worker.peers, ["b"]);
});
