import assert from "node:assert/strict";
import { test } from "node:test";
import { newsOf } from "./effects.ts";
import { claimant, TestRegistry } from "./testing-registry.ts";

function entryOf(one: TestRegistry) {
  one.heartbeat("w1");
  const entry = one.registry.entry("web", "w1");
  assert.ok(entry);
  return entry;
}

test("of a session peers are told everything, for they may hear of the worker for the first time", () => {
  const entry = entryOf(new TestRegistry());
  const worker = { ...claimant("w1"), generation: 1, ttlMs: 3_000 };
  const session = { kind: "session", worker, blocked: false };
  assert.deepEqual(newsOf(entry, "held"), { ...session, held: true });
  assert.deepEqual(newsOf(entry, "not-held"), { ...session, held: false });
});

test("of an end peers are told which life it was", () => {
  const entry = entryOf(new TestRegistry());
  for (const kind of ["left", "draining"] as const) {
    assert.deepEqual(newsOf(entry, kind), { kind, service: "web", id: "w1", generation: 1 });
  }
});
