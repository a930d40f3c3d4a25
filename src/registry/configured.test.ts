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
