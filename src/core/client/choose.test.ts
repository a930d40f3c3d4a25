import assert from "node:assert/strict";
import { test } from "node:test";
import { type Candidate, choose } from "./choose.ts";

interface Named extends Candidate {
  name: string;
}

const named = (name: string, more: Partial<Candidate> = {}): Named => ({
  name,
  open: true,
  doubt: 0,
  weight: 1,
  backup: false,
  inFlight: 0,
  ...more,
});

/** Draws the given numbers, over and over. */
function drawing(...numbers: number[]): () => number {
  let index = 0;
  return () => numbers[index++ % numbers.length] ?? 0;
}

const cases: [string, Named[], string | undefined][] = [
  ["nobody is there", [], undefined],
  ["the only one", [named("a")], "a"],
  ["open before avoided", [named("a", { open: false }), named("b", { inFlight: 50 })], "b"],
  [
    "live before suspect, though this client avoids it",
    [named("a", { open: false }), named("b", { doubt: 1 })],
    "a",
  ],
  ["the avoided one, when all are", [named("a", { open: false })], "a"],
  ["a backup behind who is open", [named("a", { backup: true }), named("b", { inFlight: 50 })], "b"],
  ["a backup before who is avoided", [named("a", { backup: true }), named("b", { open: false })], "a"],
  ["a backup before who is doubted", [named("a", { backup: true }), named("b", { doubt: 1 })], "a"],
  ["weight 0 last of all", [named("a", { weight: 0 }), named("b", { open: false, doubt: 2 })], "b"],
  ["less in flight", [named("a", { inFlight: 3 }), named("b", { inFlight: 2 })], "b"],
  [
    "less in flight for its weight",
    [named("a", { inFlight: 3, weight: 4 }), named("b", { inFlight: 1 })],
    "a",
  ],
];

for (const [what, candidates, expected] of cases) {
  test(what, () => assert.equal(choose(candidates, drawing(0, 0.99))?.name, expected));
}

/** How often each is chosen in 900 requests, one after the other. */
function counted(candidates: Named[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let step = 0; step < 900; step += 1) {
    const { name } = choose(candidates, drawing(step / 900, ((step * 7) % 900) / 900)) ?? named("none");
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test("equal ones share the requests evenly", () => {
  const counts = Object.values(counted([named("a"), named("b"), named("c")]));
  assert.equal(counts.length, 3);
  for (const count of counts) assert.ok(count >= 250 && count <= 350, String(count));
});

test("those that have nothing to do share the requests by their weights", () => {
  const { canary = 0 } = counted([named("canary", { weight: 0.1 }), named("b", { weight: 0.9 })]);
  assert.ok(canary >= 80 && canary <= 100, String(canary));
});
