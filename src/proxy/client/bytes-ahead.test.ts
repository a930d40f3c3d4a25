import assert from "node:assert/strict";
import { test } from "node:test";
import { BytesAhead } from "./bytes-ahead.ts";

function aheadOf(...texts: string[]): BytesAhead {
  const ahead = new BytesAhead();
  for (const text of texts) ahead.hold(Buffer.from(text), 0, text.length);
  return ahead;
}

test("what is held comes out as it came in", () => {
  assert.equal(aheadOf("GET /").all.toString(), "GET /");
  assert.equal(aheadOf("GET /", "1 HTTP", "/1.1").all.toString(), "GET /1 HTTP/1.1");
});

test("the read buffer may be used again meanwhile", () => {
  const buffer = Buffer.from("--GET--");
  const ahead = new BytesAhead();
  ahead.hold(buffer, 2, 5);
  buffer.fill("x");
  assert.equal(ahead.all.toString(), "GET");
});

test("it is full at 64 KiB, whatever the chunks", () => {
  const chunk = "x".repeat(32_768);
  assert.equal(aheadOf(chunk, chunk.slice(1)).full, false);
  assert.equal(aheadOf(chunk, chunk.slice(1), "x").full, true);
  assert.equal(aheadOf(chunk + chunk).full, true);
});
