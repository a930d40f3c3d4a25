import assert from "node:assert/strict";
import { test } from "node:test";
import { afterNews, doubtOf, type Known, type KnownWorkers, type News } from "./known-workers.ts";

const live = (id: string): Known => ({ id, state: "live" });
const full = (settled: boolean, ...ids: string[]): News<Known> => ({
  kind: "full",
  settled,
  workers: ids.map(live),
});
const delta = (settled: boolean, upserts: string[], removals: string[]): News<Known> => ({
  kind: "delta",
  settled,
  upserts: upserts.map(live),
  removals,
});
const nobody: KnownWorkers<Known> = { workers: new Map(), told: new Map() };

/** Each after a settled controller has told of a and b. */
const cases: [string, News<Known>[], string[]][] = [
  ["a sign of life", [{ kind: "alive" }], ["a", "b"]],
  ["all workers", [full(true, "c")], ["c"]],
  ["none, by one who would know", [full(true)], []],
  ["those that a new controller has heard of", [full(false, "c")], ["a", "b", "c"]],
  ["a change", [delta(true, ["c"], ["a"])], ["b", "c"]],
  ["a new controller settles without a word of b", [full(false, "a"), delta(true, [], [])], ["a"]],
  [
    "a new controller settles; what it told before and with it counts",
    [full(false, "a"), delta(false, ["c"], []), { kind: "alive" }, delta(true, ["d"], ["c"])],
    ["a", "d"],
  ],
  ["one that is not settled takes nobody away", [full(false, "a"), delta(false, [], ["a"])], ["a", "b"]],
  [
    "what one stream told is not what the next one did",
    [full(false, "a", "c"), full(false, "a"), delta(true, [], [])],
    ["a"],
  ],
  ["settled no more, it only adds", [delta(false, ["c"], ["a"])], ["a", "b", "c"]],
];

for (const [what, news, expected] of cases) {
  test(what, () => {
    const known = [full(true, "a", "b"), ...news].reduce(afterNews, nobody);
    assert.deepEqual([...known.workers.keys()].sort(), expected);
  });
}

test("live before soft before hard evidence, and never draining", () => {
  assert.deepEqual(
    [
      live("a"),
      { id: "b", state: "suspect", strength: "soft" } as const,
      { id: "c", state: "suspect", strength: "hard" } as const,
      { id: "d", state: "draining" } as const,
    ].map(doubtOf),
    [0, 1, 2, undefined],
  );
});
