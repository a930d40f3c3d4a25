import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evidence } from "../protocol/evidence.ts";
import { claimant, serviceWith, TestEnd, TestReader, TestRegistry } from "./testing-registry.ts";

const never = { kind: "none" } as const;
const refused: Evidence = {
  service: "web",
  id: "s8001",
  address: "127.0.0.1:8001",
  generation: 1,
  kind: "refused",
};

test("a static worker that nobody checks comes back, however long it was away", async () => {
  const one = new TestRegistry().configure([serviceWith("web", [8_001, 8_002], never)]);
  const reader = new TestReader();
  one.registry.publisher.subscribe(reader);
  one.behaviours.set("127.0.0.1:8001", "refuses");
  one.registry.evidence([refused], "here");
  await one.time.run(60_000);
  assert.equal(one.states(), "s8001=dead s8002=live");
  assert.ok(one.probes < 100, "it is asked each second");
  one.behaviours.delete("127.0.0.1:8001");
  await one.time.run(1_100);
  assert.equal(reader.states(), "web/s8001=live web/s8002=live");
  const { probes } = one;
  await one.time.run(60_000);
  assert.equal(one.probes, probes, "and nobody checks it again");
});

for (const awayMs of [5_000, 60_000]) {
  test(`a static worker that had joined comes back without a session, after ${awayMs / 1_000} s`, async () => {
    const one = new TestRegistry().configure([serviceWith("web", [8_001, 8_002])]);
    const session = one.registry.openSession({ ...claimant("w1"), id: "s8001" }, "x", new TestEnd());
    await one.time.run(10);
    one.behaviours.set("127.0.0.1:8001", "refuses");
    session.lost();
    await one.time.run(awayMs);
    assert.notEqual(one.states(), "s8001=live s8002=live");
    one.behaviours.delete("127.0.0.1:8001");
    await one.time.run(1_100);
    assert.equal(one.states(), "s8001=live s8002=live");
  });
}

test("a check that is turned off says nothing any more, and begins anew when it is turned on", async () => {
  const check = { kind: "http", path: "/up", everyMs: 2_000, timeoutMs: 1_000, fall: 3, rise: 2 } as const;
  const one = new TestRegistry().configure([serviceWith("web", [8_001, 8_002], check)]);
  const reader = new TestReader();
  one.registry.publisher.subscribe(reader);
  one.heartbeat("w3", { ttlMs: 600_000 });
  await one.time.run(10);
  for (const port of [8_001, 8_003]) one.behaviours.set(`127.0.0.1:${port}`, "stopped");
  await one.time.run(5_000);
  assert.equal(one.states(), "s8001=check-failed s8002=live w3=check-failed");
  one.configure([serviceWith("web", [8_001, 8_002], never)], 2);
  await one.time.run(1);
  assert.equal(reader.states(), "web/s8001=live web/s8002=live web/w3=live");
  assert.ok(one.events().includes("worker-live s8001"));
  one.configure([serviceWith("web", [8_001, 8_002], check)], 3);
  await one.time.run(100);
  assert.equal(one.states(), "s8001=live s8002=live w3=live");
  await one.time.run(3_000);
  assert.equal(one.states(), "s8001=check-failed s8002=live w3=check-failed");
});

test("a static worker whose first check has not passed is live when its check is turned off", async () => {
  const one = new TestRegistry();
  one.behaviours.set("127.0.0.1:8001", "refuses");
  one.configure([serviceWith("web", [8_001])]);
  await one.time.run(100);
  assert.equal(one.states(), "s8001=not-checked");
  one.configure([serviceWith("web", [8_001], never)], 2);
  assert.equal(one.states(), "s8001=live");
});
