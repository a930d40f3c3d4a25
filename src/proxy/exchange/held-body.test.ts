import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { HeldBody } from "./held-body.ts";

const bytesMax = 65_536;
/** Where sockets are read into: what lies there is overwritten by the next read. */
const readInto = Buffer.alloc(100_000);

function fill(length: number, content: number): Buffer {
  readInto.fill(content, 0, length);
  return readInto;
}

test("holds what came, in its order, whatever is read into the buffer later", () => {
  const lengths = fc.array(fc.oneof(fc.nat(300), fc.constantFrom(10_239, 10_240, 65_536, 81_921)), {
    maxLength: 6,
  });
  const held = new HeldBody();
  fc.assert(
    fc.property(lengths, (parts) => {
      held.begin();
      for (const [index, length] of parts.entries()) held.add(fill(length, index + 1), 0, length, bytesMax);
      readInto.fill(0);
      const expected = Buffer.concat(parts.map((length, index) => Buffer.alloc(length, index + 1)));
      assert.ok(Buffer.concat(held.chunks).equals(expected));
    }),
  );
});

test("is full with more than it may hold, and then still holds that", () => {
  const held = new HeldBody();
  held.begin();
  assert.equal(held.add(readInto, 0, bytesMax, bytesMax), true);
  assert.equal(held.full, false);
  assert.equal(held.add(readInto, 0, 1, bytesMax), false);
  assert.equal(held.full, true);
  assert.equal(held.chunks.length, 2);
  held.begin();
  assert.deepEqual([held.full, held.gone, held.chunks], [false, false, []]);
});

test("gives the memory of large parts back, once: the next request's are held there", () => {
  const held = new HeldBody();
  held.begin();
  held.add(readInto, 0, 60_000, bytesMax);
  const memory = held.chunks[0]?.buffer;
  held.drop();
  held.drop();
  assert.deepEqual([held.gone, held.chunks], [true, []]);
  const others = [new HeldBody(), new HeldBody()];
  for (const other of others) other.add(readInto, 0, 60_000, bytesMax);
  const lent = others.map(({ chunks }) => chunks[0]?.buffer);
  assert.equal(lent.filter((one) => one === memory).length, 1);
});
