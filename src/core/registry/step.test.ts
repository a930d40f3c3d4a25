import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorkerEvent } from "./events.ts";
import { registration, TestWorker } from "./testing-worker.ts";

const evidence = (
  kind: "refused" | "reset" | "connect-timeout" | "stalled" | "failing" | "answered",
): WorkerEvent => ({
  kind: "evidence",
  evidence: kind,
});
const heldByPeer = (peer: string, held = true): WorkerEvent => ({
  kind: "peer-session",
  peer,
  held,
  blocked: false,
  registration,
});
const heldElsewhere = (peer: string): WorkerEvent => ({
  kind: "peer-session",
  peer,
  held: true,
  blocked: false,
  registration,
  elsewhere: true,
});
const blockedAt = (peer: string): WorkerEvent => ({
  kind: "peer-session",
  peer,
  held: true,
  blocked: true,
  registration,
});
const peerGone = (peer: string): WorkerEvent => ({ kind: "peer-gone", peer });
const opened: WorkerEvent = { kind: "session-opened", registration };
const beat: WorkerEvent = { kind: "beat" };
const tick: WorkerEvent = { kind: "tick" };
const connected: WorkerEvent = { kind: "probe-connected" };
const answered: WorkerEvent = { kind: "probe-answered" };
const refused: WorkerEvent = { kind: "probe-refused" };
const lost: WorkerEvent = { kind: "session-lost" };
const passed: WorkerEvent = { kind: "check-passed", answered: true };
const failed: WorkerEvent = { kind: "check-failed", refused: false };
const checkRefused: WorkerEvent = { kind: "check-failed", refused: true };
const unchecked: WorkerEvent = { kind: "gate", gate: { kind: "open" } };
const operatorDrain: WorkerEvent = { kind: "drain", by: "operator", on: true };
const ownDrain: WorkerEvent = { kind: "drain", by: "worker", on: true };

const starts = {
  new: () => new TestWorker(),
  session: () => TestWorker.session(),
  configured: () => TestWorker.configured(),
};

type Row = [name: string, start: keyof typeof starts, events: WorkerEvent[], expect: string];

// One row per arrow of the diagram in worker.ts; all events at 1 s, the worker lives since 0.
const rows: Row[] = [
  ["unknown until its first check", "new", [beat], "suspect not-checked hard"],
  ["the first check passes", "new", [passed], "live"],
  ["evidence: refused", "session", [evidence("refused")], "suspect refused hard"],
  ["refused, a connect succeeds", "session", [evidence("refused"), connected], "live"],
  ["refused, and answered by a proxy", "session", [evidence("refused"), evidence("answered")], "live"],
  ["a beat does not refute a refusal", "session", [evidence("refused"), beat], "suspect refused hard"],
  ["evidence: stalled", "session", [evidence("stalled")], "suspect stalled soft"],
  ["stalled: a connect proves nothing", "session", [evidence("stalled"), connected], "suspect stalled soft"],
  ["stalled: a byte brings it back", "session", [evidence("stalled"), answered], "live"],
  ["stalled: a passed HTTP check brings it back", "configured", [evidence("stalled"), passed], "live"],
  [
    "stalled: a passed TCP check does not",
    "configured",
    [evidence("stalled"), { kind: "check-passed", answered: false }],
    "suspect stalled soft",
  ],
  ["a reset alone takes nobody out", "session", [evidence("reset")], "live"],
  ["a reset and a refused probe do", "session", [evidence("reset"), refused], "suspect refused hard"],
  ["evidence: failing", "session", [evidence("failing")], "suspect failing soft"],
  ["evidence: connect-timeout", "session", [evidence("connect-timeout")], "suspect failing soft"],
  [
    "refused stays before stalled",
    "session",
    [evidence("refused"), evidence("stalled")],
    "suspect refused hard",
  ],
  ["blocked", "session", [{ kind: "blocked" }], "suspect blocked soft"],
  ["unblocked", "session", [{ kind: "blocked" }, { kind: "unblocked" }], "live"],
  ["a beat does not unblock", "session", [{ kind: "blocked" }, beat], "suspect blocked soft"],
  ["blocked, and says nothing of it in a new session", "session", [{ kind: "blocked" }, opened], "live"],
  [
    "blocked by a peer's word, then it comes here",
    "session",
    [lost, blockedAt("b"), heldByPeer("b", false), opened],
    "live",
  ],
  ["blocked by the word of a peer that is gone", "session", [lost, blockedAt("b"), peerGone("b")], "live"],
  ["session lost by its only holder", "session", [lost], "suspect session-lost soft"],
  ["session lost, another holds it", "session", [heldByPeer("b"), lost], "live"],
  [
    "session lost by both",
    "session",
    [heldByPeer("b"), lost, heldByPeer("b", false)],
    "suspect session-lost soft",
  ],
  [
    "lost by both in the other order",
    "session",
    [heldByPeer("b"), heldByPeer("b", false), lost],
    "suspect session-lost soft",
  ],
  ["lost, then opened again", "session", [lost, { kind: "session-opened", registration }], "live"],
  ["lost, and the probe is refused", "session", [lost, refused], "suspect refused hard"],
  ["one of two fails a check", "configured", [failed, failed], "live"],
  ["three checks fail", "configured", [failed, failed, failed], "suspect check-failed soft"],
  [
    "one pass after a fall is not enough",
    "configured",
    [failed, failed, failed, passed],
    "suspect check-failed soft",
  ],
  ["two are", "configured", [failed, failed, failed, passed, passed], "live"],
  ["a check that failed is turned off", "configured", [failed, failed, failed, unchecked], "live"],
  ["a refused check counts at once", "configured", [checkRefused], "suspect refused hard"],
  ["refused, and the next check passes", "configured", [checkRefused, passed], "live"],
  ["drained by an operator", "session", [operatorDrain], "draining"],
  ["drained, but refused", "session", [operatorDrain, evidence("refused")], "suspect refused hard"],
  ["drained and stalled", "session", [operatorDrain, evidence("stalled")], "draining"],
  ["undrained", "session", [operatorDrain, { kind: "drain", by: "operator", on: false }], "live"],
  [
    "its own drain outlives the operator's",
    "session",
    [ownDrain, operatorDrain, { kind: "drain", by: "operator", on: false }],
    "draining",
  ],
  ["it drains itself, and stops listening", "session", [ownDrain, evidence("refused")], "draining"],
  ["it drains itself, and its session ends", "session", [ownDrain, lost], "left"],
  ["it leaves", "session", [{ kind: "leave" }], "left"],
  ["who left does not come back by a beat", "session", [{ kind: "leave" }, beat, passed], "left"],
  ["a peer that holds it admits it", "new", [heldByPeer("b")], "live"],
  ["its first check failed here, and passed at a peer", "new", [failed, heldByPeer("b")], "live"],
  ["a peer elsewhere does not", "new", [heldElsewhere("b")], "suspect not-checked hard"],
  ["held elsewhere, and reached from here", "new", [heldElsewhere("b"), passed], "live"],
  ["held elsewhere, its session here is lost", "session", [heldElsewhere("b"), lost], "live"],
];

for (const [name, start, events, expect] of rows) {
  test(name, () => assert.equal(starts[start]().at(1_000, ...events).state, expect));
}

test("silence: suspect when the lease ends, dead one more lease (at least 10 s) later", () => {
  const worker = TestWorker.heartbeat(0);
  assert.equal(worker.at(2_999, tick).state, "live");
  assert.equal(worker.at(3_000, tick).state, "suspect lease-expired soft");
  assert.deepEqual(worker.probes, ["connect 0"]);
  assert.equal(worker.at(12_999, tick).state, "suspect lease-expired soft");
  assert.equal(worker.at(13_000, tick).state, "dead");
  assert.equal(worker.at(14_000, { kind: "heartbeat", registration }).state, "live");
});

test("silence takes nobody out that the fleet protects, and is weighed again", () => {
  const worker = TestWorker.heartbeat(0);
  worker.around = { ...worker.around, mayEvict: false };
  assert.equal(worker.at(5_000, tick).state, "live");
  assert.ok(worker.effects.some((effect) => effect.kind === "denied"));
  worker.around = { ...worker.around, mayEvict: true };
  assert.equal(worker.at(6_000, tick).state, "suspect lease-expired soft");
  assert.ok(worker.effects.some((effect) => effect.kind === "evicted"));
});

test("silence gives nobody up while no other is live", () => {
  const worker = TestWorker.heartbeat(0).at(3_000, tick);
  worker.around = { ...worker.around, othersLive: false };
  assert.equal(worker.at(60_000, tick).state, "suspect lease-expired soft");
});

test("a refused worker is dead when its lease ends", () => {
  const worker = TestWorker.session(0).at(100, evidence("refused"), lost);
  assert.equal(worker.at(2_999, tick).state, "suspect refused hard");
  assert.equal(worker.at(3_000, tick).state, "dead");
});

test("a fresh lease after a pause of this process", () => {
  const worker = TestWorker.heartbeat(0);
  worker.around = { ...worker.around, freshAt: 10_000 };
  assert.equal(worker.at(12_999, tick).state, "live");
  assert.equal(worker.at(13_000, tick).state, "suspect lease-expired soft");
});

test("a worker whose session a peer holds has no lease here", () => {
  const worker = TestWorker.session(0).at(0, heldByPeer("b"));
  assert.equal(worker.at(50_000, tick).state, "live");
  assert.deepEqual(worker.told, ["not-held"]);
});

test("a frozen worker: its session stays open, its lease ends, and a beat brings it back", () => {
  const worker = TestWorker.session(0).at(3_000, tick);
  assert.equal(worker.state, "suspect lease-expired soft");
  assert.deepEqual(worker.told, ["not-held"]);
  assert.equal(worker.at(6_000, beat).state, "live");
  assert.deepEqual(worker.told, ["held"]);
});

test("a session that says nothing is asked before its lease ends, once; an answer is a sign of life", () => {
  const worker = TestWorker.session(0);
  assert.deepEqual(worker.at(1_999, tick).probes, []);
  assert.deepEqual(worker.at(2_000, tick).probes, ["answer 0"]);
  assert.deepEqual(worker.at(2_500, tick).probes, []);
  assert.equal(worker.at(2_600, answered).at(4_599, tick).state, "live");
  assert.deepEqual(worker.at(4_600, tick).probes, ["answer 0"]);
  assert.equal(worker.at(5_599, connected, tick).state, "live");
  assert.equal(worker.at(5_600, tick).state, "suspect lease-expired soft");
  assert.equal(worker.at(5_700, connected).state, "suspect lease-expired soft");
  assert.equal(worker.at(5_800, answered).state, "live");
  assert.deepEqual(worker.told, ["held"]);
});

test("a beat in time asks nobody, and no answer speaks for who has no session, or a lost one", () => {
  const worker = TestWorker.session(0).at(1_900, beat);
  assert.deepEqual(worker.at(3_899, tick).probes, []);
  const plain = TestWorker.heartbeat(0);
  assert.deepEqual(plain.at(2_500, tick).probes, []);
  assert.equal(plain.at(3_000, tick).at(3_100, answered).state, "suspect lease-expired soft");
  const gone = TestWorker.session(0).at(2_000, tick).at(2_100, lost);
  assert.equal(gone.at(2_200, answered).state, "suspect session-lost soft");
});

test("a peer that is gone gives its workers one lease to come here", () => {
  const worker = new TestWorker().at(0, heldByPeer("b")).at(10_000, { kind: "peer-gone", peer: "b" });
  assert.equal(worker.state, "live");
  assert.equal(worker.at(12_999, tick).state, "live");
  assert.equal(worker.at(13_000, tick).state, "suspect lease-expired soft");
});

test("peers hear of a session once it is admitted, of its loss, and of being blocked", () => {
  const worker = new TestWorker().at(0, { kind: "session-opened", registration });
  assert.deepEqual(worker.told, []);
  assert.deepEqual(worker.at(1, { kind: "check-passed", answered: false }).told, ["held"]);
  assert.deepEqual(worker.at(2, beat).told, []);
  assert.deepEqual(worker.at(3, { kind: "blocked" }).told, ["held"]);
  assert.deepEqual(worker.at(4, { kind: "blocked" }).told, []);
  assert.deepEqual(worker.at(5, lost).told, ["not-held"]);
});

test("peers hear that a session is no more also where its worker leaves with it, and hear of no end twice", () => {
  assert.deepEqual(TestWorker.session(0).at(1_000, ownDrain).at(2_000, lost).told, ["not-held"]);
  assert.deepEqual(TestWorker.session(0).at(1_000, ownDrain).at(60_000, tick).told, ["not-held"]);
  assert.deepEqual(TestWorker.session(0).at(1_000, { kind: "leave" }).told, ["left"]);
  assert.deepEqual(TestWorker.session(0).at(1_000, { kind: "leave", byPeer: true }).told, []);
});

test("a lost session is probed at once, after 20 ms, and from 100 ms on, slower each time", () => {
  const worker = TestWorker.session(0).at(1_000, lost);
  assert.deepEqual(worker.probes, ["connect 0"]);
  assert.deepEqual(worker.at(1_001, connected).probes, ["connect 20"]);
  assert.deepEqual(worker.at(1_021, connected).probes, ["connect 100"]);
  assert.deepEqual(worker.at(1_121, connected).probes, ["connect 200"]);
  assert.deepEqual(worker.at(1_321, refused).probes, ["connect 1000"]);
  assert.equal(worker.state, "suspect refused hard");
});

test("one that self-preservation keeps is probed on as well", () => {
  const worker = TestWorker.session(0);
  worker.around = { ...worker.around, mayEvict: false };
  assert.deepEqual(worker.at(1_000, lost).probes, ["connect 0"]);
  assert.equal(worker.state, "live");
  assert.deepEqual(worker.at(1_001, connected).probes, ["connect 20"]);
  assert.equal(worker.at(1_021, refused).state, "suspect refused hard");
  assert.equal(worker.at(1_200, { kind: "session-opened", registration }, connected).state, "live");
});

test("refused and stalled are probed after 100 ms, each with its own question", () => {
  assert.deepEqual(TestWorker.session().at(1_000, evidence("refused")).probes, ["connect 100"]);
  assert.deepEqual(TestWorker.session().at(1_000, evidence("stalled")).probes, ["answer 100"]);
  assert.deepEqual(TestWorker.session().at(1_000, evidence("reset")).probes, ["connect 0"]);
  assert.deepEqual(TestWorker.session().at(1_000, evidence("failing")).probes, []);
});

test("failing fades after 5 s", () => {
  const worker = TestWorker.configured(0).at(1_000, evidence("failing"));
  assert.equal(worker.at(5_999, tick).state, "suspect failing soft");
  assert.equal(worker.at(6_000, tick).state, "live");
});

test("a configured worker that refuses for 10 s is called dead, and still comes back by a check", () => {
  const worker = TestWorker.configured(0).at(1_000, checkRefused);
  assert.equal(worker.at(10_999, tick).state, "suspect refused hard");
  assert.equal(worker.at(11_000, tick).state, "dead");
  assert.deepEqual(worker.at(200_000, tick).effects, []);
  assert.equal(worker.at(300_000, passed).state, "live");
});

test("who left or died is forgotten after a minute", () => {
  const worker = TestWorker.session(0).at(1_000, { kind: "leave" });
  assert.deepEqual(worker.told, ["left"]);
  assert.deepEqual(worker.at(60_999, tick).effects, []);
  assert.deepEqual(worker.at(61_000, tick).effects, [{ kind: "forget" }]);
});

test("three times out, each after a short life: held down, and back by time alone", () => {
  const worker = TestWorker.session(0);
  for (const at of [1_000, 3_000, 5_000]) {
    worker.at(at, evidence("refused")).at(at + 1_000, connected);
  }
  assert.equal(worker.state, "suspect held soft");
  assert.equal(worker.at(14_999, tick, beat).state, "suspect held soft");
  assert.equal(worker.at(15_000, beat).state, "live");
});

test("nothing that happens keeps its object identical unless nothing changed", () => {
  const worker = TestWorker.session(0);
  const before = worker.worker;
  worker.at(1, heldByPeer("b", false), evidence("reset"), evidence("answered"));
  assert.equal(worker.worker, before);
});

test("a worker that is blocked again and again is never held down: it says itself when it is over", () => {
  const worker = TestWorker.session(0);
  for (let turn = 1; turn <= 10; turn += 1) {
    worker.at(turn * 1_000, { kind: "blocked" });
    assert.equal(worker.worker.state.kind, "suspect");
    worker.at(turn * 1_000 + 400, { kind: "unblocked" });
    assert.equal(worker.worker.state.kind, "live", `turn ${turn}`);
  }
});
