import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { test } from "node:test";
import { prefixLines } from "./prefix-lines.ts";

test("whole lines get the prefix, however they are cut; endless ones are cut", async () => {
  const from = new PassThrough();
  const lines: string[] = [];
  const three = new Promise<void>((resolve) => {
    const to = new Writable({
      decodeStrings: false,
      write(line: string, _encoding, done) {
        if (lines.push(line) === 3) resolve();
        done();
      },
    });
    prefixLines(from, to, "web-1 | ");
  });
  from.write("one\ntw");
  from.write(`o\r\n${"x".repeat(20_000)}`);
  from.end();
  await three;
  assert.deepEqual(lines.slice(0, 2), ["web-1 | one\n", "web-1 | two\n"]);
  assert.equal(lines[2], `web-1 | ${"x".repeat(16 * 1024)} …\n`);
});
