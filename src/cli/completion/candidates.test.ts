import assert from "node:assert/strict";
import { test } from "node:test";
import { buildProgram } from "../program.ts";
import { candidates, matching } from "./candidates.ts";

const silent = { columns: 80, out: () => {}, note: () => {}, paint: (_: unknown, text: string) => text };
const after = (...typed: string[]): ReturnType<typeof candidates> =>
  candidates(buildProgram({ terminal: silent, ended: () => {} }), typed);

test("verbs, and those below a verb", () => {
  const { words } = after("");
  for (const verb of ["ps", "top", "describe", "completion", "token"]) assert.ok(words.includes(verb), verb);
  assert.ok(!words.includes("complete"), "it is for shells alone");
  assert.deepEqual(after("token", "").words, ["create", "list", "rotate", "revoke"]);
  assert.deepEqual(after("completion", "").words, ["bash", "zsh", "fish"]);
});

test("options, and names after those that want one", () => {
  assert.ok(after("ps", "--").words.includes("--watch"));
  assert.deepEqual(after("ps", "--service", "").names, ["service"]);
  assert.deepEqual(after("ps", "-s", "or").names, ["service"]);
  assert.deepEqual(after("logs", "--level", "").words, ["debug", "info", "warn", "error"]);
  assert.deepEqual(after("requests", "--kept", "").words, ["failed", "slow", "sampled"]);
  assert.ok(after("requests", "--code", "no-").words.includes("no-live-worker"));
});

test("names of what runs where an argument is one, and only there", () => {
  assert.deepEqual(after("drain", "").names, ["worker"]);
  assert.deepEqual(after("drain", "--service", "orders", "o").names, ["worker"]);
  assert.deepEqual(after("drain", "o-1", "").names, []);
  assert.deepEqual(after("token", "revoke", "").names, ["token"]);
});

test("a name that is no word of a shell is left out", () => {
  assert.deepEqual(matching(["b:1", "a-2", "a-1", "$(reboot)", "a;b", "/api/*", "a-1"], ""), [
    "a-1",
    "a-2",
    "b:1",
  ]);
  assert.deepEqual(matching(["a-1", "b"], "a"), ["a-1"]);
});
