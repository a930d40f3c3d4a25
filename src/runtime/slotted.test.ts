import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Member, Slotted } from "./slotted.ts";

const member = (): Member => ({ slot: -1 });

test("it holds what a set would hold, whatever comes and goes", () => {
  const someone = fc.record({ kind: fc.constantFrom("add", "delete"), who: fc.nat(15) });
  fc.assert(
    fc.property(fc.array(someone, { maxLength: 200 }), (steps) => {
      const everyone = Array.from({ length: 16 }, member);
      const slotted = new Slotted<Member>();
      const set = new Set<Member>();
      for (const { kind, who } of steps) {
        const one = everyone[who] ?? member();
        if (kind === "delete") assert.equal(slotted.delete(one), set.delete(one));
        else if (!set.has(one)) {
          slotted.add(one);
          set.add(one);
        }
        assert.equal(slotted.size, set.size);
        assert.deepEqual(new Set(slotted.all()), set);
      }
    }),
  );
});

test("whoever leaves while all are told is told once", () => {
  const slotted = new Slotted<Member>();
  for (let count = 0; count < 5; count += 1) slotted.add(member());
  let told = 0;
  for (const one of slotted.all()) {
    told += 1;
    slotted.delete(one);
  }
  assert.equal(told, 5);
  assert.equal(slotted.size, 0);
});
