import assert from "node:assert/strict";
import { test } from "node:test";
import { cpuTicksIn, machineLine, useBetween } from "./machine.ts";

test("shares of the time between two readings", () => {
  const before = cpuTicksIn("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3\n");
  const after = cpuTicksIn("cpu  150 0 125 900 0 0 0 25 0 0\n");
  const use = useBetween(before, after, 2);
  assert.deepEqual(use, { cores: 2, busy: 0.375, stolen: 0.125 });
  assert.equal(machineLine(use), "machine    2 cores, 38 % busy, 13 % taken by its host");
  assert.match(machineLine(undefined), /not known/);
});
