import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { keepalivedConfig } from "./keepalived-config.ts";

const terminal = { columns: 80, out: () => {}, note: () => {}, paint: (_: unknown, text: string) => text };

function setUp(t: TestContext): { files: string[]; write: () => number } {
  const out = mkdtempSync(join(tmpdir(), "skein-keepalived-"));
  t.after(() => rmSync(out, { recursive: true }));
  const words = { interface: "eth0", virtualIp: "10.0.0.100/24", priority: "100", routerId: "51" };
  const write = (): number => keepalivedConfig({ ...words, out, gateway: ":8080" }, terminal);
  return { files: ["keepalived.conf", "skein-check"].map((name) => join(out, name)), write };
}

test("what it has written is written again, with the modes that keepalived needs", (t) => {
  const { files, write } = setUp(t);
  const modes = (): number[] => files.map((file) => statSync(file).mode & 0o777);
  write();
  for (const file of files) chmodSync(file, 0o600);
  assert.equal(write(), 0);
  assert.deepEqual(modes(), [0o644, 0o755]);
});

test("a file of somebody else's stays as it is, and the other is not written", (t) => {
  const { files, write } = setUp(t);
  for (const [index, file] of files.entries()) {
    writeFileSync(file, "vrrp_instance mine {}\n");
    const refusal = { exitCode: 1, message: new RegExp(`^${file} was not written by skein.*--out`) };
    assert.throws(write, refusal);
    assert.equal(readFileSync(file, "utf8"), "vrrp_instance mine {}\n");
    assert.equal(statSync(files[1 - index] ?? "", { throwIfNoEntry: false }), undefined);
    rmSync(file);
  }
});
