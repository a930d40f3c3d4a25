import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ages, enter, leave, newAges, overtake, setAllAside } from "./ages.ts";

const lateMs = 25;

/** One is sent in each of `forMs` milliseconds, and answered at once: only `old` ones stay. */
function pass(ages: Ages, from: number, forMs: number): void {
  for (let now = from; now < from + forMs; now += 1) {
    enter(ages, lateMs, now);
    assert.ok(leave(ages, now));
  }
}

test("who is overtaken by as many as are there, and has been there for more than four late times, is set aside", () => {
  const ages = newAges(0);
  for (let at = 0; at < 3; at += 1) enter(ages, lateMs, 0);
  pass(ages, 1, 199);
  assert.deepEqual([ages.young, ages.middle, ages.old], [0, 3, 0]);
  pass(ages, 200, 1);
  assert.deepEqual([ages.young, ages.middle, ages.old], [0, 0, 3]);
  assert.equal(overtake(ages, 3), 0);
  assert.equal(overtake(ages, 3), 0);
  assert.equal(overtake(ages, 3), 3);
  assert.equal(leave(ages, 0), false, "it counts no more");
  assert.equal(leave(ages, 200), true);
});

test("of many that are there sixteen answers in time are enough", () => {
  const ages = newAges(0);
  for (let at = 0; at < 100; at += 1) enter(ages, lateMs, 0);
  pass(ages, 1, 200);
  for (let at = 1; at < 16; at += 1) assert.equal(overtake(ages, 100), 0);
  assert.equal(overtake(ages, 100), 100);
});

test("a queue that is worked off in its order ages, and nobody in it is set aside", () => {
  const ages = newAges(0);
  for (let at = 0; at < 50; at += 1) enter(ages, lateMs, 0);
  pass(ages, 1, 400);
  for (let at = 0; at < 50; at += 1) assert.ok(leave(ages, 0));
  assert.equal(ages.old, 0);
});

test("answers that overtook some who have left say nothing of those that grow old next", () => {
  const ages = newAges(0);
  for (let at = 0; at < 3; at += 1) enter(ages, lateMs, 0);
  pass(ages, 1, 200);
  assert.equal(overtake(ages, 3), 0);
  assert.equal(overtake(ages, 3), 0);
  for (let at = 0; at < 3; at += 1) assert.ok(leave(ages, 0));
  for (let at = 0; at < 3; at += 1) enter(ages, lateMs, 201);
  pass(ages, 202, 200);
  assert.equal(ages.old, 3);
  assert.equal(overtake(ages, 3), 0);
});

test("while nobody knows what is late nobody grows old", () => {
  const ages = newAges(0);
  enter(ages, Infinity, 0);
  enter(ages, Infinity, 1e9);
  assert.equal(ages.young, 2);
});

test("all that were sent before are set aside, and none that comes then", () => {
  const ages = newAges(0);
  enter(ages, lateMs, 5);
  setAllAside(ages, 10);
  enter(ages, lateMs, 10);
  assert.equal(leave(ages, 5), false);
  assert.equal(leave(ages, 10), true);
  assert.equal(ages.young, 0);
});
