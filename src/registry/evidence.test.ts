import assert from "node:assert/strict";
import { test } from "node:test";
import { stallOf, takeEvidence } from "./evidence.ts";
import { TestRegistry } from "./testing-registry.ts";

test("evidence counts for the life that it was seen of alone", async () => {
  const one = new TestRegistry();
  one.heartbeat("w1");
  await one.time.run(100);
  const entry = one.registry.entry("web", "w1");
  assert.ok(entry);
  const stall = stallOf(entry);
  const others = [
    { ...stall, service: "api" },
    { ...stall, id: "w2" },
    { ...stall, address: "127.0.0.1:9" },
    { ...stall, generation: stall.generation + 1 },
  ];
  assert.deepEqual(takeEvidence(one.registry, others), []);
  assert.equal(one.states(), "w1=live");
  assert.deepEqual(takeEvidence(one.registry, [...others, stall]), [stall]);
  assert.equal(one.states(), "w1=stalled");
});
