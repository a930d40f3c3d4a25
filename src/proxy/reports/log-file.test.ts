import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LogFile } from "./log-file.ts";
import { until } from "../testing/testing-peers.ts";

function directory(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "skein-log-"));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const never = (error: unknown): void => assert.fail(String(error));

test("lines go out in their order, and what is held at the end as well", async (context) => {
  const path = join(directory(context), "made", "for.log");
  const file = new LogFile(path, 1_000_000, never);
  const lines = Array.from({ length: 1000 }, (_, index) => `line ${index} é\n`);
  for (const [index, line] of lines.entries()) {
    assert.ok(file.add(line));
    if (index % 100 === 0) file.flush();
  }
  file.close();
  await until(() => readFileSync(path, "utf8").length >= lines.join("").length, "all of it");
  assert.equal(readFileSync(path, "utf8"), lines.join(""));
});

test("a place that cannot be opened is an error of its maker", (context) => {
  assert.throws(() => new LogFile(directory(context), 100, never), { code: "EISDIR" });
});

const needs = { skip: process.platform !== "linux" && "there is no /dev/full, or no mkfifo" };

test("a full disk: held up to the limit, then refused; the end does not wait for it", needs, async () => {
  const errors: unknown[] = [];
  const file = new LogFile("/dev/full", 100, (error) => errors.push(error));
  assert.ok(file.add("x".repeat(60)));
  file.flush();
  await until(() => errors.length === 1, "the disk is full");
  assert.equal(file.add("x".repeat(60)), false);
  assert.ok(file.add("x".repeat(40)));
  file.flush();
  await until(() => errors.length === 2, "tried again");
  file.close();
});

test(
  "a pipe that nobody reads: held up to the limit; read again, nothing held is lost",
  needs,
  async (context) => {
    const path = join(directory(context), "pipe");
    assert.equal(spawnSync("mkfifo", [path]).status, 0);
    const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    context.after(() => closeSync(reader));
    const file = new LogFile(path, 1_000_000, never);
    const line = `${"x".repeat(999)}\n`;
    let taken = 0;
    while (file.add(line)) {
      taken += 1;
      file.flush();
    }
    assert.equal(taken, 1000);
    let read = 0;
    const buffer = Buffer.alloc(65_536);
    await until(() => {
      file.flush();
      try {
        read += readSync(reader, buffer);
      } catch {
        // Nothing there at the moment.
      }
      return read === taken * line.length;
    }, "everything that was taken");
    file.close();
  },
);
