import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "./settle.ts";

/** How many loads it took, when requests cost so much in each. */
async function loadsFor(costs: readonly number[]): Promise<number> {
  let loads = 0;
  await settle(async () => {
    const cost = costs[loads] ?? costs.at(-1) ?? 0;
    loads += 1;
    return {
      proxy: { user: cost / 2, system: cost / 4 },
      worker: { user: cost / 4, system: 0 },
      requests: 1,
    };
  });
  return loads;
}

test("who costs the same from the beginning is loaded twice more, to be sure", async () => {
  assert.equal(await loadsFor([20, 20, 20]), 3);
  assert.equal(await loadsFor([20, 19.6, 19.5]), 3);
});

test("who still becomes cheaper is loaded on, also after a load that was disturbed", async () => {
  assert.equal(await loadsFor([50, 40, 44, 30, 29.9, 31]), 6);
});

test("nobody is loaded for ever", async () => {
  assert.equal(await loadsFor(Array.from({ length: 100 }, (_, at) => 1000 * 0.9 ** at)), 8);
});
