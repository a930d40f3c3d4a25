import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeDirectory } from "./make-directory.ts";

test("makes what is missing, for this user alone, and is content with what is there", (context) => {
  const base = mkdtempSync(join(tmpdir(), "skein-directory-"));
  context.after(() => rmSync(base, { recursive: true }));
  const path = join(base, "a", "b");
  makeDirectory(path);
  makeDirectory(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  writeFileSync(join(base, "file"), "");
  assert.throws(() => makeDirectory(join(base, "file")), { code: "EEXIST" });
  assert.throws(() => makeDirectory(join(base, "file", "below")), { code: "ENOTDIR" });
});

test(
  "a file system where nothing can be made says so",
  { skip: existsSync("/proc/self") ? false : "there is no /proc here" },
  () => {
    assert.throws(() => makeDirectory("/proc/skein/state"), { code: "ENOENT" });
  },
);
