import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { SendLater } from "../engine.ts";
import { LateTurn } from "./late-turn.ts";

const full = 16_384;
let over = 0;
let turn: LateTurn;

beforeEach(() => {
  over = 0;
  turn = new LateTurn(new SendLater((error) => assert.fail(String(error))), { turnOver: () => (over += 1) });
});

async function socketsRead(): Promise<void> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

test("a record that is not full ends its turn at once", async () => {
  assert.equal(turn.goesOn(full - 1), false);
  await socketsRead();
  assert.equal(over, 0, "its caller has done so already");
});

test("behind a full record another one is expected, for no longer than until the sockets have been read", async () => {
  assert.deepEqual([turn.goesOn(full), turn.goesOn(full)], [true, true]);
  assert.equal(over, 0);
  await socketsRead();
  assert.equal(over, 1);
  assert.equal(turn.goesOn(full), true);
  await socketsRead();
  assert.equal(over, 2);
});

test("what one read of a plain connection brings is a turn, and the next one begins anew", () => {
  const went = Array.from({ length: 8 }, () => turn.goesOn(full));
  assert.deepEqual(went, [true, true, true, false, true, true, true, false]);
});
