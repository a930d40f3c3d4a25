import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../src/runtime/random.ts";
import { type Behaviour, capacityOf, Pace } from "./behaviour.ts";

test("a slow worker takes in proportion", () => {
  const pace = new Pace({ kind: "steady", speed: 0.1 }, seededRandom(1));
  assert.equal(pace.endOf(100, 20), 300);
  assert.equal(pace.longestStopMs(1_000, 1_000), 0);
});

test("work that meets a stall waits for its end", () => {
  const pace = new Pace({ kind: "stalls", forMs: 400, everyMs: 1_000 }, () => 0.5);
  assert.equal(pace.endOf(100, 20), 120);
  assert.equal(pace.endOf(490, 20), 910);
  assert.equal(pace.endOf(600, 20), 920);
  assert.equal(pace.longestStopMs(950, 1_000), 400);
  assert.equal(pace.endOf(990, 600), 1_990);
});

const behaviours: readonly Behaviour[] = [
  { kind: "steady", speed: 0.5 },
  { kind: "stalls", forMs: 400, everyMs: 1_000 },
  { kind: "collects", everyMs: 2_000, leastMs: 20, mostMs: 120 },
  { kind: "crowded", speed: 1 / 3, quietMs: 2_000, busyMs: 500 },
];

for (const behaviour of behaviours) {
  test(`${behaviour.kind}: what it does in the long run is its capacity`, () => {
    const workMs = 2_000_000;
    const tookMs = new Pace(behaviour, seededRandom(3)).endOf(0, workMs);
    const share = workMs / tookMs / capacityOf(behaviour);
    assert.ok(share > 0.97 && share < 1.03, String(share));
  });
}
