import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualTime } from "../testing/virtual-time.ts";
import { snapshotOf, takePeerItem } from "./peer-news.ts";
import { claimant, TestEnd, TestRegistry } from "./testing-registry.ts";

/** Two controllers that tell each other everything at once. */
function pair(): { time: VirtualTime; a: TestRegistry; b: TestRegistry; meet: () => void } {
  const time = new VirtualTime();
  const a = new TestRegistry("a", time).configure();
  const b = new TestRegistry("b", time).configure();
  const meet = (): void => {
    for (const item of a.told.splice(0)) takePeerItem(b.registry, "a", item);
    for (const item of b.told.splice(0)) takePeerItem(a.registry, "b", item);
    time.at(time.nowMs + 1, meet);
  };
  return { time, a, b, meet };
}

test("a plain heartbeat to one controller keeps the worker live at both", async () => {
  const { time, a, b, meet } = pair();
  meet();
  a.heartbeat("w1");
  a.heartbeat("w2");
  await time.run(10);
  assert.equal(b.states(), "w1=live w2=live");
  const beating = a.process.clock.every(1_000, () => a.heartbeat("w1"));
  await time.run(10_000);
  beating.cancel();
  assert.match(a.states(), /w1=live w2=(lease-expired|dead)/);
  assert.equal(a.states(), b.states());
});

test("a worker is out when every controller lost its session, not before", async () => {
  const { time, a, b, meet } = pair();
  meet();
  for (const id of ["w2", "w3"]) a.registry.openSession(claimant(id), "x", new TestEnd());
  const atA = a.registry.openSession(claimant("w1"), "x", new TestEnd());
  const atB = b.registry.openSession({ ...claimant("w1"), generation: 1 }, "x", new TestEnd());
  await time.run(10);
  atA.lost();
  await time.run(10);
  assert.match(a.states(), /w1=live/);
  atB.lost();
  await time.run(10);
  assert.match(a.states(), /w1=session-lost/);
  assert.match(b.states(), /w1=session-lost/);
});

test("a worker known only by a peer's session needs no first check here, and outlives the peer by a lease", async () => {
  const { time, a, b, meet } = pair();
  meet();
  const sessions = ["w1", "w2", "w3"].map((id) => a.registry.openSession(claimant(id), "x", new TestEnd()));
  const beating = a.process.clock.every(1_000, () => sessions.forEach((session) => session.beat({})));
  await time.run(10_000);
  assert.equal(b.states(), "w1=live w2=live w3=live");
  assert.equal(b.probes, 0);
  b.registry.peerGone("a");
  await time.run(2_900);
  assert.equal(b.states(), "w1=live w2=live w3=live");
  beating.cancel();
});

test("a snapshot makes a fresh controller know what its peer knows", async () => {
  const { time, a, b } = pair();
  a.registry.openSession(claimant("w1"), "x", new TestEnd());
  a.registry.openSession(claimant("w2"), "x", new TestEnd()).drain(() => {});
  a.heartbeat("w3");
  a.registry.openSession(claimant("w4"), "x", new TestEnd()).leave();
  await time.run(10);
  for (const item of snapshotOf(a.registry)) takePeerItem(b.registry, "a", item);
  await time.run(10);
  assert.equal(b.states(), "w1=live w2=draining w3=live");
});

test("a worker's leaving and its drain reach the peers", async () => {
  const { time, a, b, meet } = pair();
  meet();
  const one = a.registry.openSession(claimant("w1"), "x", new TestEnd());
  const other = a.registry.openSession(claimant("w2"), "x", new TestEnd());
  await time.run(10);
  one.drain(() => {});
  other.leave();
  await time.run(10);
  assert.equal(b.states(), "w1=draining w2=left");
});

test("a draining worker that ends without a word has left at every controller, whichever loses its session last", async () => {
  const { time, a, b, meet } = pair();
  meet();
  const alone = a.registry.openSession(claimant("w1"), "x", new TestEnd());
  const atA = a.registry.openSession(claimant("w2"), "y", new TestEnd());
  const atB = b.registry.openSession({ ...claimant("w2"), generation: 1 }, "y", new TestEnd());
  await time.run(10);
  for (const session of [alone, atA, atB]) session.drain(() => {});
  await time.run(10);
  assert.equal(b.states(), "w1=draining w2=draining");
  alone.lost();
  atA.lost();
  await time.run(10);
  atB.lost();
  await time.run(10);
  for (const one of [a, b]) assert.equal(one.states(), "w1=left w2=left");
  await time.run(61_000);
  assert.deepEqual([a.registry.size, b.registry.size], [0, 0]);
});

test("that a worker left is kept also by a peer that does not know it", async () => {
  const { time, a, b } = pair();
  a.registry.openSession(claimant("w1"), "x", new TestEnd());
  await time.run(10);
  a.told.splice(0);
  a.registry.remove("web", "w1");
  for (const item of a.told) takePeerItem(b.registry, "a", item);
  assert.equal(b.registry.hasLeft("web", "w1"), true);
});

test("an older life that a peer still tells of changes nothing", async () => {
  const { time, a, b, meet } = pair();
  a.registry.openSession({ ...claimant("w1"), generation: 1 }, "x", new TestEnd());
  await time.run(10);
  const old = a.told.splice(0);
  b.registry.openSession({ ...claimant("w1"), generation: 2 }, "y", new TestEnd());
  await time.run(10);
  for (const item of old) takePeerItem(b.registry, "a", item);
  assert.equal(b.registry.views()[0]?.generation, 2);
  meet();
  await time.run(10);
  assert.equal(a.registry.views()[0]?.generation, 2);
});

test("news from a peer is not passed on", async () => {
  const { time, a, b } = pair();
  a.registry.openSession(claimant("w1"), "x", new TestEnd()).drain(() => {});
  a.heartbeat("w2");
  await time.run(5);
  a.registry.remove("web", "w1");
  const { length } = a.told;
  for (const item of a.told) takePeerItem(b.registry, "a", item);
  await time.run(5);
  assert.equal(length, 4);
  assert.deepEqual(b.told, []);
});

test("a worker that is removed has left, though its session ends by that as well", async () => {
  const { time, a, b, meet } = pair();
  meet();
  const end = new TestEnd();
  const opened = a.registry.openSession(claimant("w1"), "x", end);
  end.close = () => opened.lost();
  await time.run(10);
  a.registry.remove("web", "w1");
  await time.run(10);
  assert.deepEqual([a.states(), b.states()], ["w1=left", "w1=left"]);
});

test("a worker removed at one controller loses its session with the others too", async () => {
  const { time, a, b, meet } = pair();
  meet();
  const [endAtA, endAtB] = [new TestEnd(), new TestEnd()];
  a.registry.openSession(claimant("w1"), "x", endAtA);
  b.registry.openSession({ ...claimant("w1"), generation: 1 }, "x", endAtB);
  await time.run(10);
  a.registry.remove("web", "w1");
  await time.run(10);
  assert.equal(b.states(), "w1=left");
  assert.deepEqual(endAtA.heard, ["close forbidden final"]);
  await time.run(2_000);
  assert.deepEqual(endAtB.heard, ["close forbidden final"]);
  assert.equal(b.registry.sessions, 0);
});

test("a controller that forgot learns from a snapshot which generations are over", async () => {
  const { time, a, b } = pair();
  a.registry.openSession({ ...claimant("w1"), generation: 4 }, "x", new TestEnd()).leave();
  a.registry.openSession({ ...claimant("w2"), generation: 6 }, "y", new TestEnd()).lost();
  await time.run(10);
  for (const item of snapshotOf(a.registry)) takePeerItem(b.registry, "a", item);
  const next = (id: string): number =>
    b.registry.openSession(claimant(id), `${id}-again`, new TestEnd()).accepted.generation;
  assert.deepEqual([next("w1"), next("w2")], [5, 7]);
});

test("where a worker takes links is known to every controller: by news, and to a new one by the snapshot", async () => {
  const { time, a, b, meet } = pair();
  meet();
  const link = { port: 9_001, key: "ab".repeat(32) };
  a.registry.openSession({ ...claimant("w1"), link }, "x", new TestEnd());
  await time.run(10);
  const late = new TestRegistry("c", time).configure();
  for (const item of snapshotOf(a.registry)) takePeerItem(late.registry, "a", item);
  await time.run(10);
  for (const { registry } of [a, b, late]) {
    assert.deepEqual(registry.publisher.table()?.workers[0]?.link, link);
  }
});
