import assert from "node:assert/strict";
import { test } from "node:test";
import { isMet, limitAnswered, limitSent, newAdaptiveLimit, newSiblings } from "./adaptive-limit.ts";
import { insideMsOf, waitsOnTheWay } from "./on-the-way.ts";

const told = { inFlightOfOthers: 0, insideMs: 3, delayMs: 2, at: 1_000 };

test("what a worker says counts for ten seconds: longer than a link is left for its silence", () => {
  assert.equal(insideMsOf(told, -Infinity, 1_000), 5);
  assert.equal(insideMsOf(told, -Infinity, 11_000), 5);
  assert.equal(insideMsOf(told, -Infinity, 11_001), Infinity);
  assert.equal(insideMsOf(undefined, -Infinity, 1_000), Infinity);
});

test("of a worker that says nothing nobody blames the queue while the way to it loses packets", () => {
  assert.equal(insideMsOf(undefined, 1_000, 10_999), 0);
  assert.equal(insideMsOf(undefined, 1_000, 11_000), Infinity);
  assert.equal(insideMsOf({ ...told, insideMs: Infinity }, 1_000, 2_000), 0);
  assert.equal(insideMsOf(told, 1_000, 2_000), 5, "its own word counts more");
});

const cases: [number, number, boolean][] = [
  [400, 5, true],
  [400, 199, true],
  [400, 200, false],
  [400, 380, false],
  [400, Infinity, false],
];

for (const [typicalMs, insideMs, expected] of cases) {
  test(`answers take ${typicalMs} ms, ${insideMs} of them in the worker: on the way ${expected}`, () =>
    assert.equal(waitsOnTheWay({ typicalMs, insideMs }), expected));
}

/** Forty at once, again and again: answered fast, then all late. Gives how low the limit ever was. */
function lowestLimit(insideMs: number): number {
  const limit = newAdaptiveLimit({ min: 4 }, newSiblings(), 0);
  let now = 0;
  let lowest = Infinity;
  const round = (tookMs: number, inside: number): void => {
    const sent: number[] = [];
    const sentAt = now;
    while (sent.length < 40 && !isMet(limit)) sent.push(limitSent(limit, now));
    now += tookMs;
    for (const ahead of sent) limitAnswered(limit, sentAt, ahead, now, inside);
    lowest = Math.min(lowest, limit.max ?? Infinity);
  };
  for (let at = 0; at < 100; at += 1) round(30, 29);
  for (let at = 0; at < 10; at += 1) round(400, insideMs);
  return lowest;
}

test("what is late on the way sets no limit; what is late in the worker does, and so does what nobody explains", () => {
  assert.equal(lowestLimit(29), Infinity);
  assert.ok(lowestLimit(390) < 40);
  assert.ok(lowestLimit(Infinity) < 40);
});
