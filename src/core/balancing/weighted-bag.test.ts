import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../runtime/random.ts";
import { WeightedBag } from "./weighted-bag.ts";

function sharesOf(bag: WeightedBag<number>, draws: number): Map<number, number> {
  const chance = seededRandom(7);
  const counts = new Map<number, number>();
  for (let step = 0; step < draws; step += 1) {
    const item = bag.draw(chance);
    if (item !== undefined) counts.set(item, (counts.get(item) ?? 0) + 1 / draws);
  }
  return counts;
}

test("shares follow the weights, whatever was put in and taken out before", () => {
  const weight = fc.constantFrom(0.3, 1, 1, 1, 1.5, 2, 3, 7, 64);
  fc.assert(
    fc.property(fc.array(fc.tuple(weight, fc.boolean()), { minLength: 1, maxLength: 12 }), (given) => {
      const bag = new WeightedBag<number>();
      for (const [at, [each]] of given.entries()) bag.put(at, each);
      for (const [at, [, stays]] of given.entries()) if (!stays) assert.ok(bag.take(at));
      const left = [...given.entries()].filter(([, [, stays]]) => stays);
      const total = left.reduce((sum, [, [each]]) => sum + each, 0);
      assert.equal(bag.size, left.length);
      assert.ok(Math.abs(bag.totalWeight - total) < 1e-9);
      const shares = sharesOf(bag, 4_000);
      assert.ok([...shares.keys()].every((at) => given[at]?.[1] === true));
      for (const [at, [each]] of left)
        assert.ok(Math.abs((shares.get(at) ?? 0) - each / total) < 0.06, `${at}: ${shares.get(at)}`);
    }),
  );
});

test("an empty one gives nothing; what is not in it cannot be taken", () => {
  const bag = new WeightedBag<string>();
  assert.equal(
    bag.draw(() => 0),
    undefined,
  );
  bag.put("a", 2);
  assert.equal(bag.take("b"), false);
  assert.equal(
    bag.draw(() => 0.999_999_999),
    "a",
  );
  assert.equal(bag.take("a"), true);
  assert.equal(bag.take("a"), false);
  assert.equal(
    bag.draw(() => 0),
    undefined,
  );
  assert.equal(bag.totalWeight, 0);
});

test("what is put in twice is in once, as at first", () => {
  const bag = new WeightedBag<string>();
  bag.put("a", 2);
  bag.put("a", 3);
  assert.deepEqual([bag.size, bag.totalWeight, bag.items()], [1, 2, ["a"]]);
  assert.ok(bag.take("a"));
  assert.deepEqual([bag.size, bag.totalWeight, bag.items()], [0, 0, []]);
});
