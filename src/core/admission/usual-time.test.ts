import assert from "node:assert/strict";
import { test } from "node:test";
import { correct, isQueue, isQueueLess, learn, newUsualTime, type UsualTime } from "./usual-time.ts";

const window = (ms: number): { typicalMs: number; meanMs: number; lastedMs: number } => ({
  typicalMs: ms,
  meanMs: ms,
  lastedMs: 50,
});

function learned(times: readonly number[]): UsualTime {
  const usual = newUsualTime();
  for (const ms of times) learn(usual, window(ms));
  return usual;
}

const repeated = (count: number, ...times: number[]): number[] =>
  Array.from({ length: count }, (_, at) => times[at % times.length] ?? 0);

test("nothing is a queue before anything is known", () => {
  assert.equal(isQueue(newUsualTime(), 10_000), false);
  assert.equal(isQueue(learned([1, 90, 30]), 10_000), false);
  assert.equal(isQueue(learned(repeated(100, 20)), 80), true);
});

test("what chance does is no queue", () => {
  const usual = learned(repeated(400, 5, 95));
  assert.ok(Math.abs(usual.ms - 50) < 5 && usual.deviationMs > 80, JSON.stringify(usual));
  assert.equal(isQueue(usual, 200), false);
  assert.equal(isQueue(usual, 400), true);
  assert.equal(isQueueLess(usual, 5), false);
});

test("5 ms more than twice as long are within what a busy event loop does", () => {
  const usual = learned(repeated(400, 0.5));
  assert.equal(isQueue(usual, 5.9), false);
  assert.equal(isQueue(usual, 6.1), true);
});

test("a queue that grows by more than a fortieth of the capacity is not taken for usual", () => {
  const usual = learned(repeated(400, 20));
  let atMs = 0;
  while (!isQueue(usual, 20 + 0.025 * atMs)) {
    learn(usual, window(20 + 0.025 * atMs));
    atMs += 50;
    assert.ok(atMs < 60_000, `after a minute ${usual.ms} ms are usual`);
  }
});

test("what is far less than usual is believed at once, what is near by a quarter", () => {
  const usual = learned(repeated(400, 20));
  correct(usual, window(19));
  assert.ok(Math.abs(usual.ms - 19.75) < 0.01);
  learn(usual, window(5));
  assert.equal(usual.ms, 5);
});
