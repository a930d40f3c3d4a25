import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createWhole } from "./whole-file.ts";

test("a file is made once, for its owner, and nothing else is left", (context) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-whole-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "name");
  assert.deepEqual([createWhole(file, "one"), createWhole(file, "two")], [true, false]);
  assert.equal(readFileSync(file, "utf8"), "one");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ["name"]);
});

test("who sees the file sees all of it", async (context) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-whole-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "name");
  const reader = `const { readFileSync } = require("node:fs");
    console.log("ready");
    for (;;) try { console.log(readFileSync(${JSON.stringify(file)}, "utf8").length); break; } catch {}`;
  for (let round = 0; round < 5; round += 1) {
    const child = spawn(process.execPath, ["-e", reader], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    createWhole(file, "x".repeat(1_000_000));
    const [seen] = (await once(child.stdout, "data")) as [Buffer];
    assert.equal(seen.toString().trim(), "1000000");
    rmSync(file);
  }
});
