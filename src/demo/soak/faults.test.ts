import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../runtime/random.ts";
import { faults, pickFault, placeFor, type SoakFault } from "./faults.ts";

const fault = (name: string, weight: number, restMs = 0): SoakFault => ({
  name,
  hitsWorker: true,
  weight,
  restMs,
  play: async () => {},
});
const often = fault("often", 3);
const seldom = fault("seldom", 1);
const resting = fault("resting", 100, 1000);

test("faults come by their weights", () => {
  const random = seededRandom(2);
  let seldomCount = 0;
  const picks = 4000;
  for (let pick = 0; pick < picks; pick += 1) {
    if (pickFault([often, seldom], new Map(), 0, random) === seldom) seldomCount += 1;
  }
  assert.ok(Math.abs(seldomCount / picks - 1 / 4) < 0.03, `${seldomCount} of ${picks}`);
});

test("one that must rest is left out until it has", () => {
  const lastAt = new Map([["resting", 500]]);
  assert.equal(
    pickFault([resting, often], lastAt, 1499, () => 0),
    often,
  );
  assert.equal(
    pickFault([resting, often], lastAt, 1500, () => 0),
    resting,
  );
});

test("the first worker of a kind is spared what ends it, and nothing else", () => {
  for (const one of faults.filter(({ hitsWorker }) => hitsWorker)) {
    const random = seededRandom(4);
    const hit = new Set(Array.from({ length: 100 }, () => placeFor(one, 3, random)));
    const ends = /kill|SIGTERM/.test(one.name);
    assert.deepEqual(
      [...hit].toSorted((a, b) => a - b),
      ends ? [1, 2] : [0, 1, 2],
      one.name,
    );
  }
});
