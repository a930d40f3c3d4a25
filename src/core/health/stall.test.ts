import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canaryDueAt,
  isStalled,
  newStallWatch,
  pingDueAt,
  questionDueAt,
  questionWithinMs,
  stallAfterMs,
  watchByte,
  watchEnded,
  watchSent,
} from "./stall.ts";

test("the silence allowed follows the usual times", () => {
  assert.equal(stallAfterMs(undefined), 1_000);
  assert.equal(stallAfterMs(10), 250);
  assert.equal(stallAfterMs(100), 400);
});

test("one slow request stalls nobody", () => {
  const watch = newStallWatch(0);
  watchSent(watch, 0);
  assert.equal(isStalled(watch, 10, 60_000), false);
});

test("two without a byte do, counted from the second", () => {
  const watch = newStallWatch(0);
  watchSent(watch, 0);
  watchSent(watch, 10_000);
  assert.equal(isStalled(watch, 10, 10_249), false);
  assert.equal(isStalled(watch, 10, 10_250), true);
  watchSent(watch, 10_300);
  assert.equal(isStalled(watch, 10, 10_300), true, "a third does not restart the count");
});

test("any byte restarts the count, and an end lowers it", () => {
  const watch = newStallWatch(0);
  watchSent(watch, 0);
  watchSent(watch, 0);
  watchByte(watch, 200);
  assert.equal(isStalled(watch, 10, 449), false);
  assert.equal(isStalled(watch, 10, 450), true);
  watchEnded(watch);
  assert.equal(isStalled(watch, 10, 9_999), false);
  watchEnded(watch);
  watchEnded(watch);
  assert.equal(watch.outstanding, 0);
});

test("somebody is asked before the silence is as long as a stall", () => {
  const watch = newStallWatch(0);
  watchSent(watch, 0);
  assert.equal(pingDueAt(watch, 10), Infinity);
  assert.equal(questionDueAt(watch, 10), Infinity);
  watchSent(watch, 1_000);
  assert.equal(pingDueAt(watch, 10), 1_031.25);
  assert.equal(questionDueAt(watch, 10), 1_062.5);
  watchByte(watch, 2_000);
  assert.equal(questionDueAt(watch, 10), 2_062.5);
});

test("question and answer together take as long as a stall", () => {
  for (const p99Ms of [undefined, 10, 100]) {
    const watch = newStallWatch(0);
    watchSent(watch, 0);
    watchSent(watch, 0);
    assert.equal(questionDueAt(watch, p99Ms) + questionWithinMs(p99Ms), stallAfterMs(p99Ms));
  }
});

test("a service that has become slow does not delay the ping, nor the end of the question", () => {
  const watch = newStallWatch(0);
  watchSent(watch, 0);
  watchSent(watch, 0);
  assert.equal(pingDueAt(watch, 10_000), 75);
  assert.equal(questionWithinMs(10_000), 1_000);
});

test("a canary is doubted by itself", () => {
  assert.equal(canaryDueAt(1_000, 10), 1_250);
});
