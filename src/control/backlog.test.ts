import assert from "node:assert/strict";
import { test } from "node:test";
import { Backlog } from "./backlog.ts";

const nextTurn = async (): Promise<void> => new Promise((done) => setImmediate(done));

test("what comes in one turn may wait, and so much besides; the same once more may not", async () => {
  const backlog = new Backlog(10);
  let waiting = 0;
  const write = (size: number): boolean => backlog.isTooMuch(size, (waiting += size));
  for (let part = 0; part < 100; part += 1) assert.equal(write(5), false);
  await nextTurn();
  assert.equal(write(10), false);
  assert.equal(write(1), true);
  waiting = 0;
  await nextTurn();
  for (let part = 0; part < 100; part += 1) assert.equal(write(5), false);
});
