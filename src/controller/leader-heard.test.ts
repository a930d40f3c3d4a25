import assert from "node:assert/strict";
import { test } from "node:test";
import type { Leadership, Silence } from "../store/store.ts";
import { leaderHeardAt } from "./leader-heard.ts";

const beats: Silence = { judge: "standby" };
const lease: Silence = { judge: "store", leaseMs: 3000 };
const never = Number.POSITIVE_INFINITY;
const by = (holder: string | null, term: number, beat: number): Leadership => ({ holder, term, beat });

const cases: [
  name: string,
  before: Leadership | undefined,
  after: Leadership,
  silence: Silence,
  at: number,
][] = [
  ["nobody leads", undefined, by(null, 0, 0), beats, never],
  ["another leads", undefined, by("b", 1, 0), beats, 10_000],
  ["another beats", by("b", 1, 0), by("b", 1, 1), beats, 10_000],
  ["no news", by("b", 1, 1), by("b", 1, 1), beats, never],
  ["this one leads", by("b", 1, 1), by("a", 2, 0), beats, never],
  ["a third one leads, over a lease", by("b", 1, 0), by("c", 9, 0), lease, 10_000],
  ["the lease of another ended", by("b", 1, 0), by(null, 1, 1), lease, 7000],
  ["another resigned, and its beats were seen", by("b", 1, 7), by(null, 1, 8), beats, never],
];

for (const [name, before, after, silence, at] of cases) {
  test(name, () => assert.equal(leaderHeardAt(never, { before, after }, "a", silence, 10_000), at));
}
