import assert from "node:assert/strict";
import { test } from "node:test";
import { EchoCounter, messageOf } from "./echo-counter.ts";

const opening = Buffer.from("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
const echo = Buffer.concat([Buffer.of(0x82, 4), Buffer.from("echo")]);

test("the opening is whole with its blank line, an echo with its last byte, wherever they are cut", () => {
  for (let cut = 1; cut < opening.length; cut += 1) {
    const counter = new EchoCounter(4);
    assert.equal(counter.push(opening.subarray(0, cut)), false);
    assert.equal(counter.push(opening.subarray(cut)), true);
  }
  for (let cut = 1; cut < echo.length; cut += 1) {
    const counter = new EchoCounter(4);
    counter.push(opening);
    assert.equal(counter.push(echo.subarray(0, cut)), false);
    assert.equal(counter.push(echo.subarray(cut)), true);
    assert.equal(counter.push(echo), true);
  }
});

test("what is no echo throws", () => {
  assert.throws(
    () => new EchoCounter(4).push(Buffer.from("HTTP/1.1 400 Bad\r\n\r\n")),
    /"HTTP\/1.1 400 Bad"/,
  );
  const counter = new EchoCounter(4);
  counter.push(opening);
  assert.throws(() => counter.push(Buffer.of(0x88, 0)), /begins with byte 136/);
  assert.throws(() => counter.push(Buffer.concat([echo, echo])), /6 bytes after the echo/);
});

test("a message says its length, and that it is masked", () => {
  assert.deepEqual([...messageOf(64).subarray(0, 6)], [0x82, 0x80 | 64, 0, 0, 0, 0]);
  assert.equal(messageOf(64).length, 70);
  assert.throws(() => messageOf(126), /more than 125/);
});
