import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualTime } from "../testing/virtual-time.ts";
import { type PeerPlace, takePeerItem } from "./peer-news.ts";
import { claimant, TestEnd, TestRegistry } from "./testing-registry.ts";

/** The same worker, by an address of the network or by one of its host. */
const far = { ...claimant("w1"), address: "10.0.0.5:8001" };
const near = claimant("w1");

function two() {
  const time = new VirtualTime();
  const a = new TestRegistry("a", time).configure();
  const b = new TestRegistry("b", time).configure();
  const tell = (place: PeerPlace, from = a, to = b): void => {
    for (const item of from.told.splice(0)) takePeerItem(to.registry, "peer", item, place);
  };
  return { time, a, b, tell };
}

test("a worker that joined one gateway by one heartbeat is known at the other, which checks it itself", async () => {
  const { time, a, b, tell } = two();
  a.registry.heartbeat(far, {}, "here");
  tell("another-host");
  assert.equal(b.states(), "w1=not-checked");
  await time.run(50);
  assert.equal(b.states(), "w1=live");
  assert.equal(b.probes, 1);
});

test("a session held elsewhere admits nobody: the way from here is checked first", async () => {
  const { time, a, b, tell } = two();
  b.behaviours.set(far.address, "silent");
  a.registry.openSession(far, "life", new TestEnd());
  await time.run(50);
  tell("another-host");
  await time.run(50);
  assert.deepEqual([a.states(), b.states()], ["w1=live", "w1=not-checked"]);
  b.behaviours.delete(far.address);
  await time.run(2_000);
  assert.equal(b.states(), "w1=live");
});

test("within a gateway a peer's word is enough", async () => {
  const { time, a, b, tell } = two();
  a.registry.openSession(far, "life", new TestEnd());
  await time.run(50);
  tell("this-gateway");
  assert.deepEqual([b.states(), b.probes], ["w1=live", 0]);
});

test("a worker that only its own host can reach is nothing to another host, and is known in the same one", async () => {
  for (const place of ["another-host", "this-host"] as const) {
    const { time, a, b, tell } = two();
    a.registry.openSession(near, "life", new TestEnd());
    a.registry.heartbeat({ ...claimant("w2") }, {}, "here");
    await time.run(50);
    tell(place);
    await time.run(50);
    assert.equal(b.states(), place === "this-host" ? "w1=live w2=live" : "");
  }
});

test("the end of another host's worker is not the end of ours, which has the same name by chance", async () => {
  const { time, a, b, tell } = two();
  a.registry.openSession(near, "its life", new TestEnd());
  b.registry.openSession(near, "our life", new TestEnd());
  await time.run(50);
  tell("another-host");
  a.registry.remove("web", "w1");
  tell("another-host");
  assert.deepEqual([a.states(), b.states()], ["w1=left", "w1=live"]);
});

test("one that this host reaches by loopback, and another by the network: each keeps its address, and the end is one", async () => {
  const { time, a, b, tell } = two();
  for (const id of ["w2", "w3", "w4"]) b.heartbeat(id);
  const atB = b.registry.openSession(near, "life", new TestEnd());
  const { generation, begunAtMs } = atB.accepted;
  const life = { generation, begunAtMs: begunAtMs ?? 0 };
  const atA = a.registry.openSession({ ...far, ...life }, "life", new TestEnd());
  await time.run(50);
  tell("another-host");
  // A third one of this host heard of it from both, in whatever order.
  const third = new TestRegistry("c", time).configure();
  const said = (peer: string, worker: typeof far, place: PeerPlace): void => {
    const registered = { ...worker, ...life, ttlMs: 3_000 };
    takePeerItem(
      third.registry,
      peer,
      { kind: "session", held: true, blocked: false, worker: registered },
      place,
    );
  };
  said("b", near, "this-gateway");
  takePeerItem(third.registry, "b", { kind: "draining", service: "web", id: "w1", ...life });
  said("a", far, "another-host");
  const [seen] = third.registry.views();
  assert.deepEqual([seen?.address, seen?.state], [near.address, "draining"]);
  atA.leave();
  tell("another-host");
  assert.match(b.states(), /^w1=live/, "by its own session");
  atB.lost();
  assert.match(b.states(), /^w1=session-lost/, "nobody holds it any more");
});

test("lost at one gateway and held at the other, it stays; lost at both, it is out", async () => {
  const { time, a, b, tell } = two();
  // Silence alone takes nobody out who is the only one.
  for (const id of ["w2", "w3", "w4"]) for (const at of [a, b]) at.heartbeat(id);
  const atA = a.registry.openSession(far, "life", new TestEnd());
  const life = { ...far, generation: atA.accepted.generation, begunAtMs: atA.accepted.begunAtMs ?? 0 };
  const atB = b.registry.openSession(life, "life", new TestEnd());
  await time.run(50);
  tell("another-host");
  tell("another-host", b, a);
  atA.lost();
  tell("another-host");
  const states = (): (string | undefined)[] => [a, b].map((at) => at.states().split(" ")[0]);
  assert.deepEqual(states(), ["w1=live", "w1=live"]);
  atB.lost();
  tell("another-host", b, a);
  assert.deepEqual(states(), ["w1=session-lost", "w1=session-lost"]);
});

test("what another gateway's proxies see of a worker is asked here, and takes nobody out unasked", async () => {
  const { time, a, b, tell } = two();
  a.registry.heartbeat(far, {}, "here");
  tell("another-host");
  await time.run(50);
  const probes = b.probes;
  const item = { service: "web", id: "w1", address: far.address, generation: 1 };
  a.registry.evidence([{ ...item, kind: "refused" }], "here");
  tell("another-host");
  await time.run(5);
  assert.deepEqual([a.states(), b.states(), b.probes], ["w1=refused", "w1=live", probes + 1]);
  b.behaviours.set(far.address, "refuses");
  a.told.splice(0);
  a.registry.evidence([{ ...item, kind: "reset" }], "here");
  tell("another-host");
  await time.run(5);
  assert.equal(b.states(), "w1=refused");
});
