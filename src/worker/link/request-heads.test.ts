import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestHeads } from "./request-heads.ts";

const head = (path: string): Buffer => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);

/** The target of a head, or what else came out. */
function taken(heads: RequestHeads, stream: number, bytes: Buffer, from = 0, to = bytes.length): string {
  const result = heads.take(stream, bytes, from, to);
  return typeof result === "string" ? result : result.target;
}

test("heads whole and in pieces, of several streams, in any mixture", () => {
  const heads = new RequestHeads();
  const [one, two] = [head("/one"), head("/two")];
  assert.equal(taken(heads, 1, one, 0, 9), "more");
  assert.equal(taken(heads, 2, two, 0, 3), "more");
  assert.equal(taken(heads, 3, head("/three")), "/three");
  assert.equal(taken(heads, 2, two, 3), "/two");
  assert.equal(taken(heads, 4, head("/four")), "/four");
  assert.equal(taken(heads, 1, one, 9), "/one");
});

test("one that is refused, or whose stream is over, harms no other", () => {
  const heads = new RequestHeads();
  assert.equal(taken(heads, 1, Buffer.from("nonsense\r\n\r\n")), "refused");
  assert.equal(taken(heads, 2, head("/two")), "/two");
  assert.equal(taken(heads, 3, Buffer.concat([head("/three"), Buffer.from("x")])), "refused");
  assert.equal(taken(heads, 4, head("/four"), 0, 5), "more");
  heads.forget(4);
  assert.equal(taken(heads, 5, head("/five")), "/five");
});

test("trailers in pieces; what is none, or too much, is refused", () => {
  const heads = new RequestHeads();
  const lines = Buffer.from("X-A: 1\r\nX-B: 2\r\n");
  for (let at = 0; at < lines.length - 1; at += 1) {
    assert.equal(heads.takeTrailers(1, lines, at, at + 1, false), "more");
  }
  const scanner = heads.takeTrailers(1, lines, lines.length - 1, lines.length, true);
  assert.equal(typeof scanner === "string" ? scanner : scanner.kept, "X-A: 1\r\nX-B: 2\r\n");
  for (const text of [
    "no field\r\n",
    "X: 1",
    "Host: a\r\n",
    "X: 1\r\n\r\nY: 2\r\n",
    `X: ${"x".repeat(70_000)}\r\n`,
  ]) {
    const bytes = Buffer.from(text);
    assert.equal(heads.takeTrailers(2, bytes, 0, bytes.length, true), "refused", text.slice(0, 20));
    heads.forget(2);
  }
});
