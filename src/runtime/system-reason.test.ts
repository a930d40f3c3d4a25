import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { systemReason } from "./system-reason.ts";

function caught(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  assert.fail("nothing was thrown");
}

test("what the system says is told with what to do", () => {
  assert.equal(
    systemReason(caught(() => writeFileSync("/dev/full", "x"))),
    "the disk is full. Free some space",
  );
  assert.match(systemReason(caught(() => writeFileSync("/", "x"))), /^it is a directory\. Name a file$/);
  assert.match(
    systemReason(caught(() => mkdirSync("/dev/null"))),
    /^there is a file of this name\. Remove it$/,
  );
  assert.match(systemReason(caught(() => mkdirSync("/dev/null/x"))), /a part of the path is a file/);
});

test("what is not known is told as it came", () => {
  assert.equal(systemReason(new Error("spawn failed")), "spawn failed");
  assert.equal(systemReason(Object.assign(new Error("EXYZ: odd"), { code: "EXYZ" })), "EXYZ: odd");
  assert.equal(systemReason("a text"), "a text");
});
