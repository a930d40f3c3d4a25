import assert from "node:assert/strict";
import { test } from "node:test";
import { afterNews, doubtOf, type Known, type News } from "./known-workers.ts";

const live = (id: string): Known => ({ id, state: "live" });
const known = new Map([live("a"), live("b")].map((worker) => [worker.id, worker]));

const cases: [string, News<Known>, string[]][] = [
  ["a sign of life", { kind: "alive" }, ["a", "b"]],
  ["all workers", { kind: "full", settled: true, workers: [live("c")] }, ["c"]],
  ["none, by one who would know", { kind: "full", settled: true, workers: [] }, []],
  [
    "those that a new controller has heard of",
    { kind: "full", settled: false, workers: [live("c")] },
    ["a", "b", "c"],
  ],
  ["a change", { kind: "delta", upserts: [live("c")], removals: ["a"] }, ["b", "c"]],
];

for (const [what, news, expected] of cases) {
  test(what, () => assert.deepEqual([...afterNews(known, news).keys()], expected));
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
