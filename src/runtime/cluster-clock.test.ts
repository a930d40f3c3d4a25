import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterClock } from "./cluster-clock.ts";

test("it goes by the own clock, raised to the highest reading that was heard", () => {
  let own = 100;
  const clock = new ClusterClock({ now: () => own });
  assert.equal(clock.now(), 100);
  clock.heard(90);
  assert.equal(clock.now(), 100);
  clock.heard(5_000);
  assert.equal(clock.now(), 5_000);
  own += 250;
  assert.equal(clock.now(), 5_250);
  clock.heard(5_200);
  assert.equal(clock.now(), 5_250);
});

test("two hosts that were started at different times agree after one word, and go on without any", () => {
  let elapsed = 0;
  const old = new ClusterClock({ now: () => 9_000_000 + elapsed });
  const young = new ClusterClock({ now: () => 3_000 + elapsed });
  young.heard(old.now());
  elapsed += 60_000;
  assert.equal(young.now(), old.now());
});

test("what is no reading changes nothing", () => {
  const clock = new ClusterClock({ now: () => 7 });
  for (const reading of [Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 53, "9", undefined, null, {}]) {
    clock.heard(reading);
  }
  assert.equal(clock.now(), 7);
});
