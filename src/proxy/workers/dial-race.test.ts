import assert from "node:assert/strict";
import { test } from "node:test";
import { type Attempt, mayTryBeside, wasLost } from "./dial-race.ts";

const waiting = (): Attempt => ({ connecting: true });
const accepted = (): Attempt => ({ connecting: false });

const several = (count: number, one: () => Attempt): Attempt[] => Array.from({ length: count }, one);

test("two may try beside the first, and none where the worker has accepted the last", () => {
  assert.deepEqual(
    [1, 2, 3].map((count) => mayTryBeside(several(count, waiting), false)),
    [true, true, false],
  );
  assert.equal(mayTryBeside([accepted()], false), false);
});

test("where packets are lost five may, amid a handshake as well", () => {
  assert.deepEqual(
    [1, 5, 6].map((count) => mayTryBeside(several(count, accepted), true)),
    [true, true, false],
  );
});

test("a later one came through before an earlier one: that one was lost", () => {
  const [first, second, last] = [waiting(), accepted(), accepted()];
  assert.equal(wasLost(last, [first, second, last], 700, false), true);
  assert.equal(wasLost(second, [first, second, last], 700, true), true);
  assert.equal(wasLost(last, [accepted(), second, last], 700, true), false);
});

test("the first came through when its SYN was sent again; a handshake may have taken the time as well", () => {
  const [first, second] = [accepted(), waiting()];
  assert.equal(wasLost(first, [first, second], 1_010, false), true);
  assert.equal(wasLost(first, [first, second], 400, false), false);
  assert.equal(wasLost(first, [first, second], 1_010, true), false);
});
