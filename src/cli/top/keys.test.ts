import assert from "node:assert/strict";
import { test } from "node:test";
import { keysIn } from "./keys.ts";

test("arrows, letters and Ctrl-C, several at once", () => {
  assert.deepEqual(keysIn("\u001B[Bjd\u001B[5~\u001B[24~\u0003"), ["down", "down", "d", "page-up", "quit"]);
  assert.deepEqual(keysIn("\u001B"), ["escape"]);
  assert.deepEqual(keysIn("\r"), []);
});
