import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { createWhole, replaceWhole } from "./whole-file.ts";

test("a file is made once, for its owner, and nothing else is left", (context) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-whole-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "name");
  assert.deepEqual([createWhole(file, "one"), createWhole(file, "two")], [true, false]);
  assert.equal(readFileSync(file, "utf8"), "one");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ["name"]);
});

test("a file is replaced as a whole, and has the mode that is asked for whatever was there", (context) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-whole-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "key");
  for (const [before, mode] of [
    [0o644, 0o600],
    [0o600, 0o755],
  ] as const) {
    writeFileSync(file, "old");
    chmodSync(file, before);
    replaceWhole(file, "new", mode);
    assert.deepEqual([readFileSync(file, "utf8"), statSync(file).mode & 0o777], ["new", mode]);
  }
  assert.throws(() => replaceWhole(directory, "new", 0o600));
  assert.deepEqual(readdirSync(directory), ["key"]);
  assert.deepEqual(
    readdirSync(join(directory, "..")).filter((name) => name.startsWith(`${basename(directory)}.`)),
    [],
  );
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
