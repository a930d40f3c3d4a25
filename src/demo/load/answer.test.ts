import assert from "node:assert/strict";
import { test } from "node:test";
import { readAnswer } from "./answer.ts";

const kindOf = (text: string): string => readAnswer(text).kind;

test("an answer is whole when its body is", () => {
  const text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Skein-Reason: none\r\n\r\nhello";
  const reading = readAnswer(text);
  assert.equal(reading.kind, "whole");
  if (reading.kind !== "whole") return;
  assert.equal(reading.answer.status, 200);
  assert.equal(reading.answer.body, "hello");
  assert.equal(reading.answer.length, text.length);
  assert.equal(reading.answer.headers.get("x-skein-reason"), "none");
  for (let end = 0; end < text.length; end += 1) assert.equal(kindOf(text.slice(0, end)), "partial");
});

test("chunks are joined, and every cut before the last byte is partial", () => {
  const text = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n";
  const reading = readAnswer(text);
  assert.equal(reading.kind === "whole" && reading.answer.body, "hello!");
  for (let end = 0; end < text.length; end += 1) assert.equal(kindOf(text.slice(0, end)), "partial");
});

test("interim answers are skipped", () => {
  const reading = readAnswer("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204 No\r\nConnection: close\r\n\r\n");
  assert.equal(reading.kind === "whole" && reading.answer.status, 204);
  assert.equal(reading.kind === "whole" && reading.answer.keepAlive, false);
});

test("what is no answer is garbled", () => {
  assert.equal(kindOf("SSH-2.0 hello\r\n\r\n"), "garbled");
  assert.equal(kindOf("HTTP/1.1 200 OK\r\n\r\n"), "garbled");
  assert.equal(kindOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), "garbled");
});
