import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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

/** A place that cannot be opened, until it is cleared. */
function blocked(context: TestContext): { path: string; clear: () => void } {
  const logs = join(directory(context), "logs");
  writeFileSync(logs, "a file where the directory should be");
  return { path: join(logs, "access.log"), clear: () => rmSync(logs) };
}

test("a place that cannot be opened is tried again with every tenth flush; what is held goes out then", async (context) => {
  const { path, clear } = blocked(context);
  const errors: unknown[] = [];
  const file = new LogFile(path, 60, (error) => errors.push(error));
  assert.equal(errors.length, 1, "it is said at once");
  assert.ok(file.add(`${"x".repeat(49)}\n`));
  assert.equal(file.add("this is more than may be held\n"), false);
  for (let flushes = 0; flushes < 25; flushes += 1) file.flush();
  assert.equal(errors.length, 3);
  clear();
  for (let flushes = 0; flushes < 10; flushes += 1) file.flush();
  await until(() => existsSync(path) && readFileSync(path, "utf8").length === 50, "the line");
  await until(() => file.add("there is room again\n"), "room again");
  file.close();
  await until(() => readFileSync(path, "utf8").endsWith("room again\n"), "the last line");
  assert.equal(errors.length, 3);
});

test("a place that can be opened only at the end gets what is held; one that cannot holds up nobody", (context) => {
  const late = blocked(context);
  const file = new LogFile(late.path, 1_000, () => {});
  file.add("held\n");
  late.clear();
  file.close();
  assert.equal(readFileSync(late.path, "utf8"), "held\n");
  const errors: unknown[] = [];
  const never = new LogFile(blocked(context).path, 1_000, (error) => errors.push(error));
  never.add("lost\n");
  never.close();
  assert.equal(errors.length, 2);
});

for (const how of ["moved", "moved and made anew by another", "removed"]) {
  test(`a file that is ${how} is made anew under its name, and no line is lost`, async (context) => {
    const path = join(directory(context), "access.log");
    const file = new LogFile(path, 1_000_000, never);
    file.add("before\n");
    file.flush();
    await until(() => readFileSync(path, "utf8") === "before\n", "the first line");
    if (how === "removed") rmSync(path);
    else renameSync(path, `${path}.1`);
    if (how === "moved and made anew by another") writeFileSync(path, "");
    let lines = 0;
    await until(() => {
      file.add(`after ${(lines += 1)}\n`);
      file.flush();
      return existsSync(path) && readFileSync(path, "utf8").length > 0;
    }, "the new file has a line");
    file.close();
    const moved = existsSync(`${path}.1`) ? readFileSync(`${path}.1`, "utf8") : "";
    const told = (): string => moved + readFileSync(path, "utf8");
    await until(() => told().endsWith(`after ${lines}\n`), "the last line");
    if (how === "removed") return;
    const all = Array.from({ length: lines }, (_, index) => `after ${index + 1}\n`);
    assert.equal(told(), `before\n${all.join("")}`);
  });
}

test("where the new file cannot be opened, lines go on to the moved one, and it is said", async (context) => {
  const path = join(directory(context), "logs", "access.log");
  const errors: unknown[] = [];
  const file = new LogFile(path, 1_000_000, (error) => errors.push(error));
  const moved = `${dirname(path)}.1`;
  renameSync(dirname(path), moved);
  writeFileSync(dirname(path), "a file where the directory was");
  await until(() => {
    file.add("line\n");
    file.flush();
    return errors.length > 0;
  }, "it is said");
  file.close();
  await until(() => readFileSync(join(moved, "access.log"), "utf8").startsWith("line\n"), "the lines");
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
  "a pipe that nobody has opened yet: not waited for, and used when somebody has",
  needs,
  async (context) => {
    const path = join(directory(context), "pipe");
    assert.equal(spawnSync("mkfifo", [path]).status, 0);
    const errors: unknown[] = [];
    const file = new LogFile(path, 1_000, (error) => errors.push(error));
    assert.equal(errors.length, 1);
    file.add("line\n");
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    context.after(() => closeSync(reader));
    for (let flushes = 0; flushes < 10; flushes += 1) file.flush();
    const buffer = Buffer.alloc(100);
    await until(() => {
      try {
        return buffer.toString("utf8", 0, readSync(reader, buffer)) === "line\n";
      } catch {
        return false;
      }
    }, "the line");
    file.close();
  },
);

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
