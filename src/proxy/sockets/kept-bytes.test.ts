import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { KeptBytes } from "./kept-bytes.ts";

/** Where sockets are read into: what lies there is overwritten by the next read. */
const readInto = Buffer.alloc(200_000);

test("keeps what came, in its order, whatever is read into the buffer later", () => {
  const lengths = fc.array(
    fc.oneof(fc.nat(300), fc.constantFrom(1, 512, 10_239, 10_240, 20_480, 65_536, 81_921, 140_000)),
    { maxLength: 12 },
  );
  const kept = new KeptBytes();
  fc.assert(
    fc.property(lengths, (parts) => {
      for (const [index, length] of parts.entries()) {
        readInto.fill(index + 1, 7, 7 + length);
        kept.add(readInto, 7, 7 + length);
      }
      readInto.fill(0);
      const expected = Buffer.concat(parts.map((length, index) => Buffer.alloc(length, index + 1)));
      const right = Buffer.concat(kept.chunks).equals(expected) && kept.length === expected.length;
      kept.clear();
      return right && kept.length === 0 && kept.chunks.length === 0;
    }),
  );
});

test("gives lent memory back, once: others keep their bytes there", () => {
  const kept = new KeptBytes();
  kept.add(readInto, 0, 60_000);
  const memory = kept.chunks[0]?.buffer;
  kept.clear();
  kept.clear();
  const others = [new KeptBytes(), new KeptBytes()];
  for (const other of others) other.add(readInto, 0, 60_000);
  assert.equal(others.filter(({ chunks }) => chunks[0]?.buffer === memory).length, 1);
});

test("what comes byte by byte takes some memory more, not a hundred times as much", () => {
  const kept = new KeptBytes();
  for (let at = 0; at < 60_000; at += 1) kept.add(readInto, at, at + 1);
  const memory = new Set(kept.chunks.map(({ buffer }) => buffer));
  const bytes = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.equal(kept.length, 60_000);
  assert.ok(bytes < 3 * 60_000, `${bytes} bytes`);
  assert.ok(kept.chunks.length < 20, `${kept.chunks.length} chunks`);
});

test("a part of no bytes is nothing", () => {
  const kept = new KeptBytes();
  kept.add(readInto, 5, 5);
  assert.deepEqual(kept.chunks, []);
});
