import assert from "node:assert/strict";
import { test } from "node:test";
import { age, clock, count, foreign, milliseconds, percent } from "./format.ts";

test("ages have two units at most", () => {
  assert.deepEqual([0, 8_000, 725_000, 90_061_000].map(age), ["0s", "8s", "12m 5s", "1d 1h"]);
});

test("counts have three digits at most", () => {
  assert.deepEqual([0, 3, 3.14159, 12.3, 999.9, 1_234, 12_345, 2_500_000].map(count), [
    "0",
    "3",
    "3.1",
    "12",
    "1.0k",
    "1.2k",
    "12k",
    "2.5M",
  ]);
});

test("times and shares", () => {
  assert.deepEqual([undefined, 0.25, 12.4, 1_500].map(milliseconds), ["–", "0.3 ms", "12 ms", "1.5 s"]);
  assert.deepEqual([0, 0.004, 0.5, 1].map(percent), ["0 %", "0.4 %", "50 %", "100 %"]);
});

test("a stranger's text cannot turn the page's direction, and is not long", () => {
  assert.equal(foreign("a\u202Eb\u0000c\u200Fd"), "a\uFFFDb\uFFFDc\uFFFDd");
  assert.equal(foreign("x".repeat(10_000)).length, 201);
  assert.equal(foreign("<img onerror=alert(1)>"), "<img onerror=alert(1)>");
});

test("a moment that is not of today has its date", () => {
  const noon = new Date(2026, 0, 31, 12, 3, 10);
  assert.equal(clock(noon.toISOString(), noon.getTime() + 60_000), "12:03:10");
  assert.equal(clock(noon.toISOString(), noon.getTime() + 86_400_000), "2026-01-31 12:03:10");
  assert.equal(clock("nonsense"), "");
});
