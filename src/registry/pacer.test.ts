import assert from "node:assert/strict";
import { test } from "node:test";
import { crowdNumbers, Pacer } from "./pacer.ts";

const { since } = crowdNumbers;

/** Seconds between beats that each of so many newcomers is asked for. */
function join(pacer: Pacer, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    pacer.grown(from + index + 1);
    return pacer.current.heartbeatEveryMs / 1_000;
  });
}

test("who comes one by one beats each second, until there are too many for that", () => {
  const pacer = new Pacer();
  for (let sessions = 0; sessions < 6_000; sessions += since) {
    assert.deepEqual(new Set(join(pacer, sessions, since)), new Set([sessions < 5_000 ? 1 : 2]));
    pacer.adjust(sessions + since, []);
  }
});

test("in a crowd all but the first are asked for the beats of many", () => {
  const asked = join(new Pacer(), 0, since + 100);
  assert.deepEqual([asked[since - 1], asked[since], asked.at(-1)], [1, 4, 4]);
});

test("in a larger crowd than was assumed, for slower ones still", () => {
  assert.equal(join(new Pacer(), 0, 20_001).at(-1), 5);
});

test("a crowd is one until a round passes in which few came", () => {
  const pacer = new Pacer();
  join(pacer, 0, 3_000);
  pacer.adjust(3_000, []);
  assert.equal(join(pacer, 3_000, 100).at(-1), 4);
  pacer.adjust(3_100, []);
  assert.equal(join(pacer, 3_100, 100).at(-1), 1);
});
