import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { StreamTable } from "./stream-table.ts";

const step = fc.record({
  add: fc.boolean(),
  id: fc.oneof(
    fc.integer({ min: 1, max: 200 }),
    fc.nat(5).map((n) => n * 64 + 63),
  ),
});

test("it holds what a map would hold, also where ids want the same slot", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = new StreamTable<{ id: number }>();
      const map = new Map<number, { id: number }>();
      for (const { add, id } of steps) {
        if (id === 0) continue;
        if (!add) assert.equal(table.delete(id), map.delete(id));
        else if (!map.has(id)) {
          const stream = { id };
          table.add(id, stream);
          map.set(id, stream);
        }
        assert.equal(table.size, map.size);
        for (let other = 1; other <= 400; other += 1) assert.equal(table.get(other), map.get(other));
        assert.deepEqual(new Set(table.all()), new Set(map.values()));
      }
    }),
    { numRuns: 50 },
  );
});

test("ids that go on and on, with one stream that stays, need no more room", () => {
  const table = new StreamTable<number>();
  table.add(5, 5);
  for (let id = 6; id < 100_000; id += 1) {
    table.add(id, id);
    if (id > 15) assert.ok(table.delete(id - 10));
  }
  assert.equal(table.get(5), 5);
  assert.equal(table.size, 11);
});
