import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { controllerSeeds } from "./locate.ts";

const door = "http://127.0.0.1:7600";

test("what the user wrote, and nothing else", () => {
  assert.deepEqual(controllerSeeds(["http://10.0.0.1:7600"], "/nowhere"), ["http://10.0.0.1:7600"]);
});

test("the gateway that the state directory names, also one started later; else the usual door", (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-locate-"));
  t.after(() => rmSync(state, { recursive: true }));
  assert.deepEqual(controllerSeeds([], state), [door]);
  writeFileSync(join(state, "gateway.json"), '{"v":1,"control":"127.0.0.1:7');
  assert.deepEqual(controllerSeeds([], state), [door]);
  writeFileSync(join(state, "gateway.json"), '{"v":1,"control":"127.0.0.1:7777"}');
  assert.deepEqual(controllerSeeds([], state), ["http://127.0.0.1:7777", door]);
});
