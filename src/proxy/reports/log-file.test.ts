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
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import { LogFile } from "./log-file.ts";
import { until } from "../testing/testing-peers.ts";

function directory(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "skein-log-"));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Of a test that lets no time pass. */
const { clock } = new VirtualProcess(new VirtualTime());

const never = (error: unknown): void => assert.fail(String(error));

test("lines go out in their order, and what is held at the end as well", async (context) => {
  const path = join(directory(context), "made", "for.log");
  const file = new LogFile(path, 1_000_000, clock, never);
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

test("a place that cannot be opened is tried again each second; what is held goes out then", async (context) => {
  const { path, clear } = blocked(context);
  const time = new VirtualTime();
  const errors: unknown[] = [];
  const file = new LogFile(path, 60, new VirtualProcess(time).clock, (error) => errors.push(error));
  assert.equal(errors.length, 1, "it is said at once");
  assert.ok(file.add(`${"x".repeat(49)}\n`));
  assert.equal(file.add("this is more than may be held\n"), false);
  for (let flushes = 0; flushes < 25; flushes += 1) {
    await time.run(100);
    file.flush();
  }
  assert.equal(errors.length, 3);
  clear();
  await time.run(1_000);
  file.flush();
  await until(() => existsSync(path) && readFileSync(path, "utf8").length === 50, "the line");
  await until(() => file.add("there is room again\n"), "room again");
  file.close();
  await until(() => readFileSync(path, "utf8").endsWith("room again\n"), "the last line");
  assert.equal(errors.length, 3);
});

test("a place that can be opened only at the end gets what is held; one that cannot holds up nobody", (context) => {
  const late = blocked(context);
  const file = new LogFile(late.path, 1_000, clock, () => {});
  file.add("held\n");
  late.clear();
  file.close();
  assert.equal(readFileSync(late.path, "utf8"), "held\n");
  const errors: unknown[] = [];
  const never = new LogFile(blocked(context).path, 1_000, clock, (error) => errors.push(error));
  never.add("lost\n");
  never.close();
  assert.equal(errors.length, 2);
});

for (const how of ["moved", "moved and made anew by another", "removed"]) {
  test(`a file that is ${how} is made anew under its name for the next line, however long that is in coming`, async (context) => {
    const path = join(directory(context), "access.log");
    const time = new VirtualTime();
    const file = new LogFile(path, 1_000_000, new VirtualProcess(time).clock, never);
    file.add("before\n");
    file.flush();
    await until(() => readFileSync(path, "utf8") === "before\n", "the first line");
    const moved = `${path}.1`;
    if (how === "removed") rmSync(path);
    else renameSync(path, moved);
    if (how === "moved and made anew by another") writeFileSync(path, "");
    if (how !== "removed") {
      file.add("soon after\n");
      file.flush();
      await until(() => readFileSync(moved, "utf8") === "before\nsoon after\n", "a line that came too soon");
    }
    await time.run(3_600_000);
    file.add("after\n");
    file.flush();
    await until(() => existsSync(path) && readFileSync(path, "utf8") === "after\n", "the next line");
    file.close();
  });
}

test("where the new file cannot be opened, lines go on to the moved one, and it is said", async (context) => {
  const path = join(directory(context), "logs", "access.log");
  const errors: unknown[] = [];
  const time = new VirtualTime();
  const file = new LogFile(path, 1_000_000, new VirtualProcess(time).clock, (error) => errors.push(error));
  const moved = `${dirname(path)}.1`;
  renameSync(dirname(path), moved);
  writeFileSync(dirname(path), "a file where the directory was");
  await time.run(1_000);
  file.add("line\n");
  file.flush();
  await until(() => errors.length > 0, "it is said");
  file.close();
  await until(() => readFileSync(join(moved, "access.log"), "utf8").startsWith("line\n"), "the lines");
});

const needs = { skip: process.platform !== "linux" && "there is no /dev/full, or no mkfifo" };

test("a full disk: held up to the limit, then refused; the end does not wait for it", needs, async () => {
  const errors: unknown[] = [];
  const file = new LogFile("/dev/full", 100, clock, (error) => errors.push(error));
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
    const time = new VirtualTime();
    const errors: unknown[] = [];
    const file = new LogFile(path, 1_000, new VirtualProcess(time).clock, (error) => errors.push(error));
    assert.equal(errors.length, 1);
    file.add("line\n");
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    context.after(() => closeSync(reader));
    await time.run(1_000);
    file.flush();
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
    const file = new LogFile(path, 1_000_000, clock, never);
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
