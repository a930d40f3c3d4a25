import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { afterDenial, afterEviction, calmDown, calmFleet, type Fleet, mayEvict, mayHold } from "./fleet.ts";

const evictedAt = (...times: number[]): Fleet => ({ ...calmFleet, evictedAt: times });

const rows: [name: string, fleet: Fleet, live: number, silent: number, now: number, allowed: boolean][] = [
  ["the only worker stays", calmFleet, 1, 0, 0, false],
  ["one of two may go", calmFleet, 2, 0, 0, true],
  ["the last of two stays", evictedAt(0), 1, 1, 1, false],
  ["one of three may go", calmFleet, 3, 0, 0, true],
  ["a second of three would leave under half", evictedAt(0), 2, 1, 1, false],
  ["the third of ten may go", evictedAt(0, 1), 8, 2, 2, true],
  ["a fourth of ten within 10 s may not", evictedAt(0, 1, 2), 7, 3, 3, false],
  ["it may when the window has passed", evictedAt(0, 1, 2), 7, 3, 10_002, true],
  ["the 20th of a hundred may go", evictedAt(...Array<number>(19).fill(0)), 81, 19, 1, true],
  ["the 21st may not", evictedAt(...Array<number>(20).fill(0)), 80, 20, 1, false],
];

for (const [name, fleet, live, silent, now, allowed] of rows) {
  test(name, () => assert.equal(mayEvict(fleet, { live, silent }, now), allowed));
}

test("silence alone never leaves under half of a service, and never more than the share within the window", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.nat(2_000), { maxLength: 300 }),
      (size, gaps) => {
        let fleet = calmFleet;
        let live = size;
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          if (!mayEvict(fleet, { live, silent: size - live }, now)) continue;
          fleet = afterEviction(fleet, now);
          live -= 1;
          const recent = fleet.evictedAt.filter((at) => at > now - 10_000).length;
          assert.ok(recent <= Math.max(3, 0.2 * size));
        }
        assert.ok(live >= size / 2);
      },
    ),
  );
});

test("the alarm goes on with the first denial, and off when none came for 5 s", () => {
  const on = afterDenial(calmFleet, 1_000);
  assert.equal(on.preserving, true);
  assert.equal(calmDown(on, 5_999), on);
  assert.equal(calmDown(on, 6_000).preserving, false);
});

test("a hold-down needs half of the service to live without the worker", () => {
  assert.equal(mayHold({ live: 1, silent: 0 }), false);
  assert.equal(mayHold({ live: 2, silent: 0 }), true);
  assert.equal(mayHold({ live: 2, silent: 1 }), false);
});
