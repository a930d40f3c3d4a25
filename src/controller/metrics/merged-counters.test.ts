import assert from "node:assert/strict";
import { test } from "node:test";
import { type Look, MergedCounters } from "./merged-counters.ts";

const look = (process: string, instance: string, upMs: number, a: number, b = 0): Look => ({
  process,
  instance,
  upMs,
  counts: new Map([["orders", [a, b]]]),
  leavesOut: false,
});

test("two processes are one counter, and the replacement of one takes nothing back", () => {
  const merged = new MergedCounters(10);
  merged.take(look("p1", "a", 1_000, 5, 1));
  merged.take(look("p2", "b", 1_000, 7));
  assert.deepEqual(merged.get("orders"), [12, 1]);
  merged.take(look("p1", "a", 2_000, 8, 2));
  assert.deepEqual(merged.get("orders"), [15, 2]);
  merged.take(look("p1", "c", 500, 3));
  assert.deepEqual(merged.get("orders"), [18, 2]);
});

test("what was counted before anybody looked is not counted now", () => {
  const merged = new MergedCounters(10);
  merged.take(look("p1", "a", 90_000, 1_000));
  assert.deepEqual(merged.get("orders"), [0, 0]);
  merged.take(look("p1", "a", 91_000, 1_004));
  assert.deepEqual(merged.get("orders"), [4, 0]);
});

test("one that was forgotten among very many is not counted again", () => {
  const merged = new MergedCounters(10);
  merged.take(look("p1", "a", 1_000, 5));
  for (let at = 0; at < 300; at += 1) merged.take(look(`other-${at}`, "o", 1_000, 0));
  merged.take(look("p1", "a", 90_000, 1_000));
  merged.take(look("p1", "a", 91_000, 1_004));
  assert.deepEqual(merged.get("orders"), [9, 0]);
});

test("a worker's next life counts from zero", () => {
  const merged = new MergedCounters(10);
  merged.take(look("p1", "a", 1_000, 9, 4));
  merged.take(look("p1", "a", 2_000, 2, 0));
  assert.deepEqual(merged.get("orders"), [11, 4]);
});

test("the number of keys is bounded", () => {
  const merged = new MergedCounters(2);
  const counts = new Map(["a", "b", "c"].map((key) => [key, [1]]));
  merged.take({ process: "p1", instance: "a", upMs: 0, counts, leavesOut: false });
  assert.deepEqual(
    ["a", "b", "c"].map((key) => merged.get(key)),
    [undefined, [1], [1]],
  );
});
