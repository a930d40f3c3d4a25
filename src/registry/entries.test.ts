import assert from "node:assert/strict";
import { test } from "node:test";
import { newWorker } from "../core/registry/create.ts";
import type { Worker } from "../core/registry/worker.ts";
import { Entries } from "./entries.ts";
import { claimant } from "./testing-registry.ts";

function worker(id: string, generation = 1, origin: Worker["origin"] = "joined", host = "10.0.0.7"): Worker {
  const registration = { ...claimant(id), address: `${host}:8081`, generation, ttlMs: 3_000 };
  return newWorker(registration, origin, { kind: "open" }, 0, undefined);
}

test("workers are found by service and id, and by id alone in every service", () => {
  const entries = new Entries();
  const one = entries.add(worker("w1"));
  const other = entries.add({
    ...worker("w1"),
    registration: { ...worker("w1").registration, service: "shop" },
  });
  assert.equal(entries.get("web", "w1"), one);
  assert.equal(entries.get("web", "w2"), undefined);
  assert.deepEqual(entries.withId("w1"), [one, other]);
  assert.deepEqual([...entries], [one, other]);
  assert.equal(entries.size, 2);
});

test("those that joined are counted, as long as they are known", () => {
  const entries = new Entries();
  const joined = entries.add(worker("w1"));
  entries.add(worker("w2", 1, "configured"));
  assert.equal(entries.joined, 1);
  assert.equal(entries.delete(joined), true);
  assert.equal(entries.delete(joined), false);
  assert.equal(entries.joined, 0);
});

test("who joined and came into the configuration is counted no more, and who went out of it is", () => {
  const entries = new Entries();
  const entry = entries.add(worker("w1"));
  entries.replace(entry, worker("w1", 2, "configured"));
  assert.deepEqual([entries.joined, entry.worker.registration.generation], [0, 2]);
  entries.replace(entry, worker("w1", 2));
  entries.replace(entry, worker("w1", 3));
  assert.equal(entries.joined, 1);
  entries.delete(entry);
  assert.equal(entries.joined, 0);
});

test("of one that is forgotten it is remembered whether it had left, as of one that a peer tells of", () => {
  const entries = new Entries();
  const left = { ...worker("w1"), left: true };
  entries.delete(entries.add(left));
  entries.delete(entries.add(worker("w2")));
  entries.bury("web", "w3", { generation: 1, left: true });
  entries.bury("web", "w1", { generation: 2 });
  const those = ["w1", "w2", "w3", "w4"].map((id) => entries.hasLeft("web", id));
  assert.deepEqual(those, [true, false, true, false]);
  entries.add(worker("w1", 3));
  assert.equal(entries.hasLeft("web", "w1"), false, "its next life has not");
  entries.delete(entries.add({ ...worker("w6", 1, "joined", "127.0.0.1"), left: true }));
  assert.equal(entries.hasLeft("web", "w6"), false, "another host may have one of that name");
  entries.delete(entries.add(worker("w5", 2)));
  entries.bury("web", "w5", { generation: 1, left: true });
  assert.equal(entries.hasLeft("web", "w5"), false, "only the life before it has");
});

test("of one that is forgotten the highest life is remembered, and the next one begins with it", () => {
  const entries = new Entries();
  entries.delete(entries.add(worker("w1", 7)));
  assert.equal(entries.pastOf("web", "w1").generation, 7);
  entries.bury("web", "w1", { generation: 9, begunAtMs: 5 });
  const again = entries.add(worker("w1", 3));
  assert.deepEqual(again.past, { generation: 9, begunAtMs: 5 });
  assert.equal(entries.has(again), true);
  entries.bury("web", "w1", { generation: 20 });
  assert.equal(entries.pastOf("web", "w1").generation, 9, "who is known here is not told by others");
});
