import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

test("the example of docs/workers.md that tests a service passes as it stands", (t) => {
  const [, example] = /^## Testing your service[\s\S]*?```ts\n([\s\S]*?)```/m.exec(
    readFileSync("docs/workers.md", "utf8"),
  ) ?? [""];
  assert.ok(example !== undefined, "docs/workers.md has the example");
  const directory = mkdtempSync(join(tmpdir(), "skein-example-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, "package.json"), '{"type":"module"}');
  writeFileSync(join(directory, "orders.test.ts"), example);
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(resolve("."), join(directory, "node_modules/skein"));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ["--conditions=skein-source", "--disable-warning=ExperimentalWarning", "--test"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, "--test-reporter=tap"], {
    cwd: directory,
    encoding: "utf8",
    env,
  });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^# pass 1$/m, stdout);
});
