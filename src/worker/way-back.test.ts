import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "./backoff.ts";
import { testingClock } from "./testing-clock.ts";
import { seedsFirstMs, WayBack } from "./way-back.ts";

const door = "http://127.0.0.1:7600";
const own = "http://127.0.0.1:7001";

function setUp(chance = 0.5, seeds = [door]) {
  const clock = testingClock();
  const taken: string[] = [];
  let widened = 0;
  const way = new WayBack({
    clock,
    random: () => chance,
    seeds: () => seeds,
    takenBy: () => taken,
    widened: () => (widened += 1),
  });
  const looks = (): string => way.urls([own]).join(" ");
  return { clock, taken, way, looks, widened: () => widened };
}

const everywhere = `${door} ${own}`;

test("at its start a worker looks everywhere and at once, and what fails there changes nothing", () => {
  const { way, looks, widened } = setUp();
  way.lost(door);
  assert.deepEqual([looks(), way.delayMs(), widened()], [everywhere, 0, 0]);
});

test("after the last session the seeds alone, each after its own moment, until one of them fails", () => {
  const { way, looks, widened } = setUp();
  way.welcomed();
  way.lost(door);
  assert.deepEqual([looks(), way.delayMs()], [door, backoffMs.first / 2], "what was lost here is no attempt");
  way.lost(own);
  assert.equal(looks(), door);
  way.lost(door);
  assert.deepEqual([looks(), widened()], [everywhere, 1]);
  way.lost(door);
  assert.equal(widened(), 1);
});

test("of several seeds all must have failed", () => {
  const other = "http://127.0.0.2:7600";
  const { way, looks } = setUp(0.5, [door, other]);
  way.welcomed();
  way.lost(own);
  way.lost(other);
  way.lost(other);
  assert.equal(looks(), `${door} ${other}`);
  way.lost(door);
  assert.equal(looks(), `${door} ${other} ${own}`);
});

for (const [chance, atMs] of [
  [0, seedsFirstMs.least],
  [1, seedsFirstMs.most],
] as const) {
  test(`seeds that say nothing have ${atMs} ms at chance ${chance}`, () => {
    const { clock, way, looks, widened } = setUp(chance);
    way.welcomed();
    way.lost(own);
    clock.advance(atMs - 1);
    assert.equal(looks(), door);
    clock.advance(1);
    assert.deepEqual([looks(), widened()], [everywhere, 1]);
  });
}

test("a seed that has taken the connection is waited for, as long as that attempt lasts", () => {
  const { clock, taken, way, looks } = setUp();
  way.welcomed();
  way.lost(own);
  taken.push(door);
  clock.advance(60_000);
  assert.equal(looks(), door);
  way.lost(door);
  assert.equal(looks(), everywhere);
});

test("a welcome ends the waiting, and the next loss begins anew", () => {
  const { clock, way, looks, widened } = setUp();
  way.welcomed();
  way.lost(own);
  way.welcomed();
  clock.advance(60_000);
  assert.equal(widened(), 0);
  way.lost(own);
  assert.equal(looks(), door);
});
