import assert from "node:assert/strict";
import { test } from "node:test";
import { snapshotOf, takePeerItem } from "./peer-news.ts";
import { claimant, serviceWith, TestEnd, TestRegistry } from "./testing-registry.ts";

/** `id=seconds` of every worker, with `>` where it may be longer. */
function ages(of: TestRegistry): string {
  const words = of.registry.views().map(({ id, stateForMs, stateForAtLeast }) => {
    return `${id}=${stateForAtLeast === true ? ">" : ""}${Math.round(stateForMs / 1_000)}`;
  });
  return words.sort().join(" ");
}

const check = { kind: "http", path: "/up", everyMs: 2_000, timeoutMs: 1_000, fall: 3, rise: 2 } as const;

/** A controller that knows a worker of each kind since the beginning of its cluster, a minute ago. */
async function old(): Promise<TestRegistry> {
  const a = new TestRegistry("a").configure([serviceWith("web", [8_009], check)]);
  a.registry.setTerm(1);
  a.heartbeat("w1", { ttlMs: 600_000 });
  a.registry.openSession({ ...claimant("w2"), ttlMs: 600_000 }, "x", new TestEnd());
  await a.time.run(60_000);
  return a;
}

/** One that starts beside it. */
function beside(a: TestRegistry, term: number): TestRegistry {
  const b = new TestRegistry("b", a.time).configure([serviceWith("web", [8_009], check)]);
  b.registry.setTerm(term);
  return b;
}

test("where the cluster begins, nothing was before", async () => {
  assert.equal(ages(await old()), "s8009=60 w1=60 w2=60");
});

test("a new controller learns from a peer since when everybody is in its state, whatever it has to check itself", async () => {
  const a = await old();
  const b = beside(a, 2);
  for (const item of snapshotOf(a.registry)) takePeerItem(b.registry, "a", item);
  await a.time.run(5_000);
  assert.equal(ages(b), ages(a));
  assert.equal(ages(b), "s8009=65 w1=65 w2=65");
});

test("what has changed after the peer told it began when it changed", async () => {
  const a = await old();
  const b = beside(a, 2);
  for (const item of snapshotOf(a.registry)) takePeerItem(b.registry, "a", item);
  await a.time.run(5_000);
  b.behaviours.set("127.0.0.1:8009", "refuses");
  b.registry.evidence(
    [{ service: "web", id: "s8009", address: "127.0.0.1:8009", generation: 1, kind: "refused" }],
    "here",
  );
  await a.time.run(2_000);
  assert.match(ages(b), /^s8009=2 /);
});

test("with no peer left, the ages of what was there before say that they may be longer", async () => {
  const a = await old();
  const life = a.registry.views().find(({ id }) => id === "w2");
  const begunAtMs = a.registry.entry("web", "w2")?.worker.registration.begunAtMs;
  assert.ok(life !== undefined && begunAtMs !== undefined);
  const b = beside(a, 2);
  b.heartbeat("w1", { ttlMs: 600_000 });
  await a.time.run(6_000);
  // It comes late, when all seems to be known, and says itself that it was there before.
  const late = { ...claimant("w2"), ttlMs: 600_000, generation: life.generation, begunAtMs };
  b.registry.openSession(late, "x", new TestEnd());
  b.registry.openSession({ ...claimant("w3"), ttlMs: 600_000 }, "y", new TestEnd());
  b.heartbeat("w4", { ttlMs: 600_000 });
  await a.time.run(1_000);
  assert.equal(ages(b), "s8009=>7 w1=>7 w2=>1 w3=1 w4=1");
  b.registry.setTerm(3);
  assert.equal(ages(b), "s8009=>7 w1=>7 w2=>1 w3=1 w4=1", "another leader changes nothing about that");
});

test("a peer that did not see it begin either says so", async () => {
  const a = await old();
  const b = beside(a, 2);
  b.heartbeat("w1", { ttlMs: 600_000 });
  await a.time.run(10_000);
  const c = beside(a, 2);
  for (const item of snapshotOf(b.registry)) takePeerItem(c.registry, "b", item);
  await a.time.run(5_000);
  assert.equal(ages(c), "s8009=>15 w1=>15");
});
