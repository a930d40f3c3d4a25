import assert from "node:assert/strict";
import { test } from "node:test";
import { Fifo } from "./fifo.ts";

test("what went in first comes out first, however both are mixed", () => {
  const fifo = new Fifo<number>();
  const out: (number | undefined)[] = [];
  let next = 0;
  for (let step = 0; step < 100; step += 1) {
    fifo.push(next++);
    fifo.push(next++);
    out.push(fifo.shift());
  }
  out.push(...fifo.takeAll());
  assert.deepEqual(
    out,
    Array.from({ length: 200 }, (_, index) => index),
  );
  assert.equal(fifo.shift(), undefined);
  fifo.push(7);
  assert.equal(fifo.shift(), 7);
  assert.equal(fifo.shift(), undefined);
});
