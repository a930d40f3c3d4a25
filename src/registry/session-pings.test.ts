import assert from "node:assert/strict";
import { test } from "node:test";
import { claimant, TestEnd, TestRegistry } from "./testing-registry.ts";

async function joined() {
  const at = new TestRegistry().configure();
  const end = new TestEnd();
  const session = at.registry.openSession(claimant("w1"), "one", end);
  const others = ["w2", "w3"].map((id) => at.registry.openSession(claimant(id), id, new TestEnd()));
  await at.time.run(50);
  assert.equal(at.states(), "w1=live w2=live w3=live");
  const { service, id, address } = claimant("w1");
  const { generation } = session.accepted;
  const silence = (): void =>
    at.registry.evidence([{ service, id, address, generation, kind: "silent" }], "here");
  return { at, end, session, others, silence };
}

test("a silent worker whose session answers nothing stands still: out, and the peers hear it", async () => {
  const { at, end, silence } = await joined();
  at.behaviours.set(claimant("w1").address, "stopped");
  silence();
  assert.equal(end.pings, 1);
  await at.time.run(30);
  assert.equal(at.states(), "w1=live w2=live w3=live");
  await at.time.run(20);
  assert.equal(at.states(), "w1=stalled w2=live w3=live");
  const told = at.told.flatMap((item) => (item.kind === "evidence" ? item.items : []));
  assert.deepEqual(
    told.map(({ id, kind }) => [id, kind]),
    [
      ["w1", "silent"],
      ["w1", "stalled"],
    ],
  );
});

test("one that answers over a new connection: its session has lost a packet", async () => {
  const { at, end, silence } = await joined();
  silence();
  assert.equal(end.pings, 1);
  await at.time.run(500);
  assert.equal(at.states(), "w1=live w2=live w3=live");
});

test("one that answers the ping is not asked further", async () => {
  const { at, session, silence } = await joined();
  at.behaviours.set(claimant("w1").address, "stopped");
  silence();
  await at.time.run(30);
  session.beat(undefined);
  await at.time.run(500);
  assert.equal(at.states(), "w1=live w2=live w3=live");
});

test("asked once at a time, and not about one that is out already", async () => {
  const { at, end, session, silence } = await joined();
  silence();
  silence();
  assert.equal(end.pings, 1);
  session.blocked();
  await at.time.run(300);
  silence();
  assert.equal(end.pings, 1);
});

test("a pause of our own is no silence of the worker", async () => {
  const { at, end, silence } = await joined();
  silence();
  at.process.stop();
  await at.time.run(2_000);
  at.process.continue();
  await at.time.run(400);
  assert.equal(at.states(), "w1=live w2=live w3=live");
  assert.equal(end.pings, 1);
});
