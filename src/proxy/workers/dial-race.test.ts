import assert from "node:assert/strict";
import { test } from "node:test";
import { type Attempt, mayTryBeside, wasLost } from "./dial-race.ts";

const waiting = (): Attempt => ({ connecting: true });
const accepted = (): Attempt => ({ connecting: false });

test("two may try beside the first, and none where the worker has accepted the last", () => {
  assert.deepEqual(
    [0, 1, 2].map((rivals) => mayTryBeside(waiting(), rivals, false)),
    [true, true, false],
  );
  assert.equal(mayTryBeside(accepted(), 0, false), false);
});

test("where packets are lost five may, amid a handshake as well", () => {
  assert.deepEqual(
    [0, 4, 5].map((rivals) => mayTryBeside(accepted(), rivals, true)),
    [true, true, false],
  );
});

test("a later one came through before an earlier one: that one was lost", () => {
  const [first, second, last] = [waiting(), accepted(), accepted()];
  assert.equal(wasLost(last, [first, second], 700, false), true);
  assert.equal(wasLost(second, [first, second], 700, true), true);
  assert.equal(wasLost(last, [accepted(), second], 700, true), false);
});

test("the first came through when its SYN was sent again; a handshake may have taken the time as well", () => {
  const first = accepted();
  assert.equal(wasLost(first, [first], 1_010, false), true);
  assert.equal(wasLost(first, [first], 400, false), false);
  assert.equal(wasLost(first, [first], 1_010, true), false);
});
