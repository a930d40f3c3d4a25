import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { withCompileCache } from "./compile-cache.ts";
import { entryFile, inheritedNodeFlags } from "./entry.ts";

test("compiled code is kept in the private directory", () => {
  assert.deepEqual(withCompileCache({ A: "1" }, "/state"), { A: "1", NODE_COMPILE_CACHE: "/state/compiled" });
});

test("what the user said about it stays", () => {
  const chosen = { NODE_COMPILE_CACHE: "/mine" };
  assert.equal(withCompileCache(chosen, "/state"), chosen);
  const refused = { NODE_DISABLE_COMPILE_CACHE: "1" };
  assert.equal(withCompileCache(refused, "/state"), refused);
});

test("who keeps what it has compiled may be killed", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-compiled-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const { NODE_DISABLE_COMPILE_CACHE: _, ...environment } = process.env;
  const env = { ...environment, NODE_COMPILE_CACHE: directory };
  /** How much is written when a process was killed that had done this. */
  const written = async (deed: string): Promise<number> => {
    const file = JSON.stringify(entryFile("runtime/compile-cache"));
    const program = `const { keepCompiled } = await import(${file}); ${deed}; console.log("done"); setInterval(() => {}, 1e6)`;
    const flags = [...inheritedNodeFlags(), "--input-type=module", "--eval", program];
    const child = spawn(process.execPath, flags, { env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await ended;
    return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
      .length;
  };
  assert.equal(await written(""), 0);
  assert.ok((await written("keepCompiled()")) > 0);
});
