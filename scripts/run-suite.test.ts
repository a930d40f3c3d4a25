import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Run } from "./suite.ts";

test("files begin in the order in which they are given, and one that fails is told", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-suite-test-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const began = join(directory, "began");
  const files = ["z", "a", "m"].map((name) => {
    const file = join(directory, `${name}.test.js`);
    const ends = name === "a" ? "throw new Error('as it must')" : "";
    writeFileSync(file, `require("node:fs").appendFileSync(${JSON.stringify(began)}, "${name} ");${ends}`);
    return file;
  });
  const suite: Run = { name: "three", patterns: [], files, concurrency: 1, timeoutMs: 30_000 };
  // Else it believes to be a file of the runner that runs this.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const ran = spawnSync(process.execPath, ["scripts/run-suite.ts", JSON.stringify(suite)], { env });
  assert.equal(readFileSync(began, "utf8"), "z a m ");
  assert.match(String(ran.stdout), /2 passed, 1 failed, 0 skipped/);
  assert.equal(ran.status, 1);
});
