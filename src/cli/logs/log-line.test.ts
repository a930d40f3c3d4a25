import assert from "node:assert/strict";
import { test } from "node:test";
import { logLine } from "./log-line.ts";

const plain = (_: unknown, text: string): string => text;
const marked = (colour: string, text: string): string => `<${colour} ${text}>`;
const line = JSON.stringify({
  level: 40,
  time: Date.UTC(2026, 0, 1, 12, 3, 10),
  pid: 7,
  role: "proxy",
  name: "proxy-1",
  reason: "old\u001B[2J",
  count: 3,
  msg: "a routing table was refused",
});

test("an entry for people, without the escapes that are in it", () => {
  assert.equal(
    logLine(line, {}, false, plain),
    String.raw`2026-01-01 12:03:10.000Z  proxy-1       a routing table was refused  reason=old\x1b[2J  count=3`,
  );
  assert.match(logLine(line, {}, false, marked) ?? "", /<yellow a routing/);
});

test("only what is wanted", () => {
  assert.equal(logLine(line, { process: "proxy-1", level: "warn" }, true, plain), line);
  assert.ok(logLine(line, { process: "proxy" }, false, plain));
  assert.equal(logLine(line, { process: "controller-1" }, false, plain), undefined);
  assert.equal(logLine(line, { level: "error" }, false, plain), undefined);
});

test("what is no entry is text", () => {
  assert.equal(logLine("\u001B[31mFATAL\u001B[39m heap", {}, false, plain), "FATAL heap");
  assert.equal(logLine('{"half":', {}, false, plain), '{"half":');
  assert.equal(logLine("FATAL", { level: "info" }, false, plain), undefined);
  assert.equal(logLine("FATAL", {}, true, plain), undefined);
  for (const strange of [{ time: "x" }, { time: 1e300 }, { name: {} }, { role: 1 }]) {
    const written = JSON.stringify({ level: 30, msg: "as ours", time: 0, ...strange });
    assert.equal(logLine(written, {}, false, plain), written);
  }
});
