import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readOrMakeGatewayName } from "./gateway-name.ts";

test("a name is given once, and kept; what is no name is told", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "skein-name-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "name");
  const name = readOrMakeGatewayName(file);
  assert.match(name, /^[A-Za-z0-9][A-Za-z0-9-]*-[0-9a-f]{6}$/);
  assert.equal(readOrMakeGatewayName(file), name);
  assert.notEqual(readOrMakeGatewayName(join(directory, "another")), name);
  writeFileSync(file, "box-1\n");
  assert.equal(readOrMakeGatewayName(file), "box-1");
  for (const bad of ["", "a/b", "-a", "x".repeat(65)]) {
    writeFileSync(file, bad);
    assert.throws(() => readOrMakeGatewayName(file), /Delete it/);
  }
});
