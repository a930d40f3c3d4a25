import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Heap, type Heaped } from "./heap.ts";

interface Item extends Heaped {
  key: number;
}

test("the first is the least, whatever was put, taken and moved", () => {
  const change = fc.record({ at: fc.nat(15), key: fc.nat(20), what: fc.constantFrom("put", "take", "move") });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const heap = new Heap<Item>((left, right) => left.key < right.key);
      const items = Array.from({ length: 16 }, (): Item => ({ key: 0, at: -1 }));
      for (const { at, key, what } of changes) {
        const item = items[at];
        if (item === undefined) continue;
        if (what === "put" && item.at === -1) {
          item.key = key;
          heap.put(item);
        }
        if (what === "take") heap.take(item);
        if (what === "move" && item.at !== -1) item.key = key;
        if (what === "move") heap.moved(item);
        const inside = items.filter((each) => each.at !== -1);
        assert.equal(
          heap.first?.key,
          inside.length === 0 ? undefined : Math.min(...inside.map((each) => each.key)),
        );
      }
    }),
  );
});

test("what is put in twice is in once", () => {
  const heap = new Heap<Item>((left, right) => left.key < right.key);
  const item = { key: 1, at: -1 };
  heap.put(item);
  heap.put(item);
  heap.take(item);
  assert.equal(heap.first, undefined);
});

test("no change compares more than twice for each doubling of the size", () => {
  let compared = 0;
  const heap = new Heap<Item>((left, right) => {
    compared += 1;
    return left.key < right.key;
  });
  const items = Array.from({ length: 2 ** 14 }, (_, at): Item => ({ key: (at * 7919) % 16_381, at: -1 }));
  const atMost = (what: () => void): void => {
    compared = 0;
    what();
    assert.ok(compared <= 2 * 15, `${compared} comparisons`);
  };
  for (const item of items) atMost(() => heap.put(item));
  for (const item of items) {
    item.key += 9_000;
    atMost(() => heap.moved(item));
  }
  for (const item of items) atMost(() => heap.take(item));
  assert.equal(heap.first, undefined);
});
