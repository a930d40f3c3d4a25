import assert from "node:assert/strict";
import { test } from "node:test";
import { cpuMsIn, cpuMsOf, openFilesHardLimitIn } from "./process-cpu.ts";

test("CPU time is found behind a name with blanks and parentheses", () => {
  const stat = "42 (node (x) y) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 11 0 1 2 3";
  assert.equal(cpuMsIn(stat), 3000);
});

test("CPU time of this process grows with work", { skip: process.platform !== "linux" }, () => {
  const before = cpuMsOf(process.pid);
  while (cpuMsOf(process.pid) < before + 20);
  assert.ok(cpuMsOf(process.pid) > before);
});

test("the limit of open files", () => {
  const line =
    "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 20000                files\n";
  assert.equal(openFilesHardLimitIn(line), 20_000);
  assert.equal(openFilesHardLimitIn(line.replace("20000", "unlimited")), Number.POSITIVE_INFINITY);
});
