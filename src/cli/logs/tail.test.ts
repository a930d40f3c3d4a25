import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Tail } from "./tail.ts";

function newFile(context: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "skein-tail-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "log");
  writeFileSync(file, text);
  return file;
}

test("the last lines that are wanted, wherever the blocks cut them", (context) => {
  const long = "ä".repeat(1_000);
  const lines = Array.from({ length: 1_000 }, (_, at) => `${at} ${long}`);
  const tail = new Tail(newFile(context, `${lines.join("\n")}\n`));
  context.after(() => tail.close());
  const even = (line: string): string | undefined =>
    Number(line.split(" ")[0]) % 2 === 0 ? line : undefined;
  assert.deepEqual(tail.last(2, even), [lines[996], lines[998]]);
  assert.deepEqual(
    tail.last(5_000, (line) => line),
    lines,
  );
  assert.deepEqual(
    tail.last(1, () => undefined),
    [],
  );
});

test("an empty file, and one without an end", (context) => {
  const empty = new Tail(newFile(context, ""));
  context.after(() => empty.close());
  assert.deepEqual(
    empty.last(3, (line) => line),
    [],
  );
  const open = new Tail(newFile(context, "a\nb"));
  context.after(() => open.close());
  assert.deepEqual(
    open.last(3, (line) => line),
    ["a", "b"],
  );
});

test("what comes is told once it is a whole line, also after the file was cut short", async (context) => {
  const file = newFile(context, "old\n");
  const tail = new Tail(file);
  context.after(() => tail.close());
  const stop = new AbortController();
  const told: string[] = [];
  // Each step waits for the one before.
  const steps: Record<string, () => void> = {
    one: () => appendFileSync(file, "two\nthr"),
    two: () => appendFileSync(file, "ee\n"),
    three: () => writeFileSync(file, "n\n"),
    n: () => stop.abort(),
  };
  appendFileSync(file, "one\n");
  await tail.follow((line) => {
    told.push(line);
    steps[line]?.();
  }, stop.signal);
  assert.deepEqual(told, ["one", "two", "three", "n"]);
});
