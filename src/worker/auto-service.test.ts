import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test, type TestContext } from "node:test";
import { defaultService } from "./auto-service.ts";

function directory(t: TestContext, manifest?: string): string {
  const path = mkdtempSync(join(tmpdir(), "skein-service-"));
  t.after(() => rmSync(path, { recursive: true }));
  if (manifest !== undefined) writeFileSync(join(path, "package.json"), manifest);
  return path;
}

test("the package's name without its scope", (t) => {
  assert.equal(defaultService(directory(t, '{"name":"@acme/orders api"}')), "orders-api");
});

test("without a usable package.json the directory's name", (t) => {
  for (const manifest of [undefined, "{", '{"name":7}', '{"name":""}', "null"]) {
    const path = directory(t, manifest);
    assert.equal(defaultService(path), basename(path));
  }
});
