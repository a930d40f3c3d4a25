import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { accountFor, earnRetry, newRetryBudget, shareOf, spendRetry } from "./budget.ts";

const rules = { ratio: 0.2, reserve: 100, perSecondMin: 10 };

/** Retries granted when as many as possible are asked for. */
function spendAll(budget: ReturnType<typeof newRetryBudget>, now: number): number {
  let granted = 0;
  while (spendRetry(budget, now)) granted += 1;
  return granted;
}

test("the reserve can be spent at once, and refills with ten a second", () => {
  const budget = newRetryBudget(rules, 0);
  assert.equal(spendAll(budget, 0), 100);
  assert.equal(spendAll(budget, 1_000), 10);
  assert.equal(spendAll(budget, 60_000), 100);
});

test("traffic earns a fifth of itself, kept for some ten seconds", () => {
  const budget = newRetryBudget(rules, 0);
  for (let step = 0; step < 400; step += 1) earnRetry(budget, 0);
  assert.equal(spendAll(budget, 0), 180);
  for (let step = 0; step < 400; step += 1) earnRetry(budget, 0);
  // 80 earned have shrunk to 80 / e^3; the reserve of 100 is full again.
  assert.equal(spendAll(budget, 30_000), 103);
});

test("never more than the reserve, its refill and a fifth of the traffic", () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 2_000 }),
    requests: fc.integer({ min: 0, max: 50 }),
    asks: fc.integer({ min: 0, max: 80 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const budget = newRetryBudget(rules, 0);
      let now = 0;
      let requests = 0;
      let granted = 0;
      for (const { waitMs, requests: more, asks } of steps) {
        now += waitMs;
        requests += more;
        for (let each = 0; each < more; each += 1) earnRetry(budget, now);
        for (let each = 0; each < asks; each += 1) granted += Number(spendRetry(budget, now));
      }
      assert.ok(granted <= 100 + now / 100 + requests * 0.2 + 1e-6);
    }),
  );
});

test("a service that only fails gets next to no repetitions, whatever was earned before", () => {
  const budget = newRetryBudget(rules, 0);
  for (let step = 0; step < 4_000; step += 1) accountFor(budget, false, 0, step * 5);
  const from = 4_000 * 5;
  let repeated = 0;
  for (let step = 0; step < 2_000; step += 1) {
    const now = from + step * 5;
    const again = spendRetry(budget, now);
    if (again) repeated += 1;
    accountFor(budget, true, again ? 1 : 0, now);
  }
  assert.ok(repeated > 10 && repeated <= 70, String(repeated));
});

test("failures whose repetitions succeed are all repeated", () => {
  const budget = newRetryBudget(rules, 0);
  for (let step = 0; step < 100; step += 1) {
    assert.ok(spendRetry(budget, 0));
    accountFor(budget, false, 1, 0);
  }
});

test("proxies that share a budget have no more together than one would", () => {
  for (const proxies of [1, 2, 4, 8]) {
    let granted = 0;
    for (let each = 0; each < proxies; each += 1) {
      const budget = newRetryBudget(shareOf(rules, proxies), 0);
      granted += spendAll(budget, 0) + spendAll(budget, 10_000);
    }
    assert.ok(granted <= 200 && granted >= 180, `${proxies}: ${granted}`);
  }
  assert.equal(shareOf(rules, 64).reserve, 10);
  assert.equal(shareOf({ ...rules, reserve: 0 }, 4).reserve, 0);
});
