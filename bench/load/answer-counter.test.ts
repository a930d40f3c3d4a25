import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerCounter } from "./answer-counter.ts";

const whole = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nVia: 1.1 x\r\n\r\nhello", "latin1");

test("an answer is whole with its last byte, wherever it is cut", () => {
  for (let cut = 1; cut < whole.length; cut += 1) {
    const counter = new AnswerCounter(5);
    assert.equal(counter.push(whole.subarray(0, cut)), false);
    assert.equal(counter.push(whole.subarray(cut)), true);
    assert.equal(counter.push(whole), true, "and the next one is read anew");
  }
});

test("byte by byte", () => {
  const counter = new AnswerCounter(5);
  const ends = [...whole].map((byte) => counter.push(Buffer.of(byte)));
  assert.equal(ends.indexOf(true), whole.length - 1);
});

test("whether the connection may be used again is what the answer says", () => {
  const counter = new AnswerCounter(0);
  assert.equal(
    counter.push(Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: close\r\n\r\n")),
    true,
  );
  assert.equal(counter.keepAlive, false);
});

test("everything but the answer that was asked for throws", () => {
  const push = (text: string) => () => new AnswerCounter(5).push(Buffer.from(text));
  assert.throws(push("HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\nhello"), /answered "HTTP\/1.1 503 No"/);
  assert.throws(push("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell"), /has 4 bytes, not 5/);
  assert.throws(push("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), /no Content-Length/);
  assert.throws(push("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!"), /1 bytes after the answer/);
});
