import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import { VirtualTime } from "../testing/virtual-time.ts";
import type { Accepted } from "./claim.ts";
import { takePeerItem } from "./peer-news.ts";
import { claimant, TestEnd, TestRegistry } from "./testing-registry.ts";

/** A life of w1, as its worker repeats what it was told. */
function hello(at: TestRegistry, instance: string, told?: Accepted, address = claimant("w1").address) {
  const end = new TestEnd();
  const life = told === undefined ? {} : { generation: told.generation, begunAtMs: told.begunAtMs ?? 0 };
  const session = at.registry.openSession({ ...claimant("w1"), ...life, address }, instance, end);
  return { accepted: session.accepted, end, session };
}

const tell = (from: TestRegistry, name: string, to: TestRegistry): void => {
  for (const item of from.told.splice(0)) takePeerItem(to.registry, name, item);
};

const refused = (error: unknown): boolean => error instanceof SkeinError && error.code === "generation-old";

/** `b` remembers the life "old" under generation 2, and was stopped; `a` has lost its memory and numbered "new" 1. */
async function forgotten() {
  const time = new VirtualTime();
  const b = new TestRegistry("b", time).configure();
  hello(b, "older");
  const old = hello(b, "old").accepted;
  b.told.splice(0);
  await time.run(1_000);
  const a = new TestRegistry("a", time).configure();
  const fresh = hello(a, "new");
  await time.run(10);
  assert.deepEqual([old.generation, fresh.accepted.generation], [2, 1]);
  return { time, a, b, old, fresh };
}

test("a new life that was numbered without memory is given a higher number by who remembers", async () => {
  const { time, a, b, fresh } = await forgotten();
  const atB = hello(b, "new", fresh.accepted);
  assert.equal(atB.accepted.generation, 3);
  assert.equal(atB.accepted.begunAtMs, fresh.accepted.begunAtMs);
  await time.run(10);
  tell(b, "b", a);
  // The same life goes on there: its session is not ended.
  assert.deepEqual(fresh.end.heard, []);
  const known = a.registry.entry("web", "w1")?.worker;
  assert.deepEqual([known?.registration.generation, known?.session, known?.peers], [3, "held", ["b"]]);
  tell(a, "a", b);
  assert.deepEqual(atB.end.heard, []);
});

test("the earlier life stays refused, though the controller without memory gave a lower number", async () => {
  const { a, b, old, fresh } = await forgotten();
  assert.throws(() => hello(a, "old", old), refused);
  hello(b, "new", fresh.accepted);
  assert.throws(() => hello(b, "old", old), refused);
  assert.throws(() => hello(a, "old", old), refused);
});

test("a session that ends under the first number ends the life that a peer knows under a higher one", async () => {
  const { time, a, b, fresh } = await forgotten();
  tell(a, "a", b);
  assert.equal(b.registry.entry("web", "w1")?.worker.registration.generation, 3);
  a.registry.remove("web", "w1");
  await time.run(10);
  tell(a, "a", b);
  assert.equal(b.states(), "w1=left");
  assert.deepEqual(fresh.end.heard, ["close forbidden final"]);
});

test("a life whose host gets another address is kept off while somebody holds the old one, then moves there everywhere", async () => {
  const time = new VirtualTime();
  const [a, b, c] = ["a", "b", "c"].map((name) => new TestRegistry(name, time).configure());
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const news = (): void => {
    for (const [name, from, others] of [
      ["a", a, [b, c]],
      ["b", b, [a, c]],
    ] as const) {
      for (const item of from.told.splice(0)) for (const to of others) takePeerItem(to.registry, name, item);
    }
  };
  const atA = hello(a, "w");
  const atB = hello(b, "w", atA.accepted);
  await time.run(10);
  news();
  const moved = "127.0.0.1:9001";
  const addresses = () => [a, b, c].map((one) => one.registry.find("w1")[0]?.address);
  atA.session.lost();
  await time.run(10);
  news();
  assert.throws(() => hello(a, "w", atA.accepted, moved), { code: "address-taken" });
  atB.session.lost();
  await time.run(10);
  news();
  const again = hello(a, "w", atA.accepted, moved);
  await time.run(10);
  news();
  hello(b, "w", atA.accepted, moved);
  await time.run(10);
  news();
  assert.deepEqual(addresses(), [moved, moved, moved]);
  assert.deepEqual([a.states(), b.states(), c.states()], ["w1=live", "w1=live", "w1=live"]);
  assert.deepEqual(c.registry.entry("web", "w1")?.worker.peers, ["a", "b"]);
  assert.equal(again.accepted.generation, atA.accepted.generation);
  assert.deepEqual(again.end.heard, []);
});

test("controllers that were reached by different addresses each keep theirs, and know of each other's session", async () => {
  const time = new VirtualTime();
  const [a, b] = [new TestRegistry("a", time).configure(), new TestRegistry("b", time).configure()];
  const atA = hello(a, "w");
  hello(b, "w", atA.accepted, "127.0.0.1:9001");
  await time.run(10);
  tell(a, "a", b);
  tell(b, "b", a);
  assert.deepEqual(a.registry.entry("web", "w1")?.worker.peers, ["b"]);
  assert.deepEqual(b.registry.entry("web", "w1")?.worker.peers, ["a"]);
  atA.session.lost();
  await time.run(2_000);
  assert.equal(a.states(), "w1=live");
});

test("a silent session of a life that has moved is not told that a newer one has come", async () => {
  const a = new TestRegistry().configure();
  const first = hello(a, "w");
  a.behaviours.set(claimant("w1").address, "stopped");
  await a.time.run(10_000);
  const end = hello(a, "w", first.accepted, "127.0.0.1:9001").end;
  assert.deepEqual(first.end.heard.at(-1), "close session-replaced");
  assert.deepEqual(end.heard, []);
});
