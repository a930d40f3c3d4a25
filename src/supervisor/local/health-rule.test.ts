import assert from "node:assert/strict";
import { test } from "node:test";
import { afterCheck, isLate, nextCheckMs, startHealth } from "./health-rule.ts";

function run(checks: string): string[] {
  let health = startHealth;
  return checks.split("").map((check) => {
    health = afterCheck(health, check === "+");
    return `${health.kind} ${nextCheckMs(health)}`;
  });
}

test("starting until the first check passes, however many fail", () => {
  assert.deepEqual(run("----+"), [
    "starting 100",
    "starting 100",
    "starting 100",
    "starting 100",
    "well 1000",
  ]);
});

test("one or two failures are doubt, three are illness; one success is recovery", () => {
  assert.deepEqual(run("+--+---+"), [
    "well 1000",
    "well 250",
    "well 250",
    "well 1000",
    "well 250",
    "well 250",
    "unwell 250",
    "well 1000",
  ]);
});

test("who does not serve for long after the start is told once, and nobody later", () => {
  const told = (checks: string): number[] => {
    let health = startHealth;
    return checks.split("").flatMap((check, at) => {
      health = afterCheck(health, check === "+");
      return isLate(health) ? [at] : [];
    });
  };
  assert.deepEqual(told("-".repeat(200)), [49]);
  assert.deepEqual(told(`${"-".repeat(49)}+${"-".repeat(100)}`), []);
});
