import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stateHint } from "./state-hint.ts";

test("the state of the configuration in this directory is told where a gateway runs with it", (context) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-hint-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  assert.equal(stateHint(directory), "");
  writeFileSync(join(directory, "skein.config.json"), '{ "state": "./there" }');
  assert.equal(stateHint(directory), "", "nothing runs with it");
  mkdirSync(join(directory, "there"));
  writeFileSync(join(directory, "there", "gateway.json"), '{ "v": 1 }');
  assert.match(stateHint(directory), /skein\.config\.json here runs with --state \.\/there\.$/);
  writeFileSync(join(directory, "skein.config.json"), "{");
  assert.equal(stateHint(directory), "");
  rmSync(join(directory, "skein.config.json"));
  writeFileSync(join(directory, "skein.config.mts"), "throw new Error('it is not run')");
  assert.match(stateHint(directory), /skein\.config\.mts here sets `state`/);
});
