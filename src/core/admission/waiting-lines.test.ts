import assert from "node:assert/strict";
import { test } from "node:test";
import type { Waiter } from "./waiting-line.ts";
import { WaitingLines } from "./waiting-lines.ts";

const waiter = (): Waiter => ({ priority: "normal", tenant: 1 });
const count = (lines: WaitingLines<Waiter>): number => [...lines].length;

test("each subset has a line of its own, beside that of the whole service", () => {
  const lines = new WaitingLines<Waiter>(1_000, 0);
  lines.join(waiter(), undefined, 0);
  lines.join(waiter(), "canary", 0);
  lines.join(waiter(), "canary", 0);
  assert.equal(lines.of(undefined)?.length, 1);
  assert.equal(lines.of("canary")?.length, 2);
  assert.equal(lines.length, 3);
});

test("asking for the line of a subset makes none", () => {
  const lines = new WaitingLines<Waiter>(1_000, 0);
  assert.equal(lines.of("canary"), undefined);
  assert.equal(count(lines), 1);
});

test("when the last one has left, or gone to a worker, or both, nothing is kept of a subset", () => {
  const lines = new WaitingLines<Waiter>(1_000, 0);
  for (let turn = 0; turn < 1_000; turn += 1) {
    const subset = `version-${turn}`;
    const first = lines.join(waiter(), subset, turn);
    const second = lines.join(waiter(), subset, turn);
    lines.take(first, subset, turn);
    assert.equal(lines.of(subset)?.length, 1);
    lines.leave(second, subset);
    lines.leave(second, subset);
  }
  assert.equal(count(lines), 1);
  assert.equal(lines.length, 0);
});

test("the line that was served last comes last", () => {
  const lines = new WaitingLines<Waiter>(1_000, 0);
  const subsets = [undefined, "canary", "stable"];
  const places = subsets.map((subset) => [0, 1].map(() => lines.join(waiter(), subset, 0)));
  const order = (): (string | undefined)[] =>
    [...lines].map((line) => subsets.find((subset) => lines.of(subset) === line));
  for (const [at, place] of places[1]!.entries()) {
    lines.take(places[0]![at]!, undefined, 0);
    lines.take(place, "canary", 0);
    assert.deepEqual(order(), at === 0 ? ["stable", undefined, "canary"] : ["stable", undefined]);
  }
});

test("a line that is made later has the patience of the others", () => {
  const lines = new WaitingLines<Waiter>(1_000, 0);
  lines.join(waiter(), "early", 0);
  lines.waitMs = 2_000;
  lines.join(waiter(), "late", 0);
  assert.deepEqual(
    [...lines].map(({ waitMs }) => waitMs),
    [2_000, 2_000, 2_000],
  );
});
