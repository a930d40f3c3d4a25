import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetField, readHops, toldAttempt, toldBudget } from "./hops.ts";

const budgets: [string | undefined, string | undefined, number][] = [
  [undefined, undefined, Infinity],
  ["250", undefined, 250],
  ["0", undefined, 0],
  ["250", "100m", 100],
  ["250", "1S", 250],
  [undefined, "2M", 120_000],
  [undefined, "1H", 3_600_000],
  [undefined, "500u", 0.5],
  [undefined, "99999999n", 99.999999],
  // What is not understood counts as not said.
  ["", "", Infinity],
  ["-1", "-1S", Infinity],
  ["1.5", "1.5S", Infinity],
  ["1e3", "100", Infinity],
  ["9999999999", "999999999S", Infinity],
  [" 5", "5 S", Infinity],
  ["12, 5", "5s", Infinity],
];

for (const [budget, grpc, expected] of budgets) {
  test(`budget ${budget}, grpc-timeout ${grpc} -> ${expected}`, () => {
    assert.equal(readHops(budget, undefined, grpc).budgetMs, expected);
  });
}

const withBodies: [budget: string, grpc: string | undefined, budgetMs: number, mostMs: number][] = [
  ["250", undefined, 250, 250],
  ["250/", undefined, 250, Infinity],
  ["250/900", undefined, 250, 900],
  ["250/900", "100m", 100, 100],
  ["250/900", "400m", 250, 400],
  ["/900", undefined, Infinity, Infinity],
  ["250/x", undefined, Infinity, Infinity],
  ["250/9999999999", undefined, Infinity, Infinity],
];

for (const [budget, grpc, budgetMs, mostMs] of withBodies) {
  test(`budget ${budget}, grpc-timeout ${grpc} -> ${budgetMs} after the body, ${mostMs} with it`, () => {
    assert.deepEqual(readHops(budget, undefined, grpc), { budgetMs, mostMs, attempt: 0 });
  });
}

test("attempts are small numbers, and none where nothing sound is said", () => {
  for (const [text, expected] of [
    ["2", 2],
    ["999", 999],
    ["1000", 0],
    ["x", 0],
    [undefined, 0],
  ] as const) {
    assert.equal(readHops(undefined, text, undefined).attempt, expected);
  }
});

test("what is written is read again, rounded down, and never none", () => {
  for (const [ms, read] of [
    [0.2, 1],
    [12.9, 12],
    [30_000, 30_000],
    [1e12, 999_999_999],
  ] as const) {
    assert.equal(readHops(String(toldBudget(ms)), undefined, undefined).budgetMs, read);
  }
  for (const [mostMs, text] of [
    [undefined, "12"],
    [Infinity, "12/"],
    [45.6, "12/45"],
  ] as const) {
    assert.equal(budgetField(12.9, mostMs), text);
    assert.equal(readHops(text, undefined, undefined).mostMs, mostMs === undefined ? 12 : Math.floor(mostMs));
  }
  assert.equal(readHops(undefined, String(toldAttempt(4_000)), undefined).attempt, 999);
});
