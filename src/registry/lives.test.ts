import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../protocol/error.ts";
import { VirtualTime } from "../testing/virtual-time.ts";
import type { Accepted } from "./claim.ts";
import { takePeerItem } from "./peer-news.ts";
import { claimant, TestEnd, TestRegistry } from "./testing-registry.ts";

/** A life of w1, as its worker repeats what it was told. */
function hello(at: TestRegistry, instance: string, told?: Accepted): { accepted: Accepted; end: TestEnd } {
  const end = new TestEnd();
  const life = told === undefined ? {} : { generation: told.generation, begunAtMs: told.begunAtMs ?? 0 };
  const { accepted } = at.registry.openSession({ ...claimant("w1"), ...life }, instance, end);
  return { accepted, end };
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
