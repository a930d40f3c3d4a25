import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { readOrMakeStickyKey, readStickyKey, type StickyKeyReading } from "./sticky-key.ts";

function fileIn(context: TestContext, text?: string): string {
  const directory = mkdtempSync(join(tmpdir(), "skein-sticky-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "key");
  if (text !== undefined) writeFileSync(file, text, { mode: 0o600 });
  return file;
}

test("a gateway's own key is made once, for this user alone, and stays", (context) => {
  const file = fileIn(context);
  const first = readOrMakeStickyKey(file);
  assert.ok(first.ok && /^[0-9a-f]{64}$/.test(first.key));
  assert.deepEqual(readOrMakeStickyKey(file), first);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("a key file is read without the blanks around the key; the digest tells keys apart", (context) => {
  const one = readStickyKey(fileIn(context, `  ${"k".repeat(32)}\n`));
  const other = readStickyKey(fileIn(context, "l".repeat(32)));
  assert.ok(one.ok && other.ok);
  assert.equal(one.key, "k".repeat(32));
  assert.notEqual(one.digest, other.digest);
});

test(
  "who else may read it is told",
  { skip: process.platform === "win32" && "no modes there" },
  (context) => {
    const file = fileIn(context, "k".repeat(32));
    chmodSync(file, 0o644);
    const reading = readStickyKey(file);
    assert.ok(reading.ok && reading.open);
  },
);

test("a file that is missing, or too short to be a secret, is refused; its content is not told", (context) => {
  const missing = readStickyKey(fileIn(context));
  assert.ok(!missing.ok && /there is no file/.test(missing.fault));
  const short = readStickyKey(fileIn(context, "hunter2"));
  assert.ok(!short.ok && /less than 32/.test(short.fault) && !short.fault.includes("hunter2"));
});

test("processes that need it at the same time read one key, whole", async (context) => {
  const file = fileIn(context);
  const module = new URL("./sticky-key.ts", import.meta.url).href;
  const program = `
    import { readOrMakeStickyKey } from ${JSON.stringify(module)};
    process.stdin.once("data", () => {
      console.log(JSON.stringify(readOrMakeStickyKey(${JSON.stringify(file)})));
      process.exit();
    });
    console.log("ready");`;
  const others = Array.from({ length: 6 }, () => {
    const args = ["--conditions=skein-source", "--input-type=module", "--eval", program];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  });
  for (const { lines } of others) assert.equal((await lines.next()).value, "ready");
  for (const { child } of others) child.stdin.write("now\n");
  const read = await Promise.all(others.map(async ({ lines }) => String((await lines.next()).value)));
  assert.ok((JSON.parse(read[0] ?? "") as StickyKeyReading).ok, String(read[0]));
  assert.deepEqual([...new Set(read)], [read[0]]);
  assert.deepEqual(readdirSync(dirname(file)), ["key"]);
});
