import assert from "node:assert/strict";
import { test } from "node:test";
import type { Leadership, Silence } from "../store/store.ts";
import { nobodySince } from "./event-log.ts";
import { leaderHeardAt } from "./leader-heard.ts";

const beats: Silence = { judge: "standby" };
const lease: Silence = { judge: "store", leaseMs: 3000, toldUntil: () => 9000 };
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
  ["another resigned, and its beats were seen", by("b", 1, 7), by(null, 1, 8), beats, never],
];

for (const [name, before, after, silence, at] of cases) {
  test(name, () => assert.equal(leaderHeardAt(never, { before, after }, "a", silence, 10_000), at));
}

// What was told until 9 s was told of a seat that the other held, by a lease that etcd began anew once at most.
const ends: [name: string, heardAt: number, before: Leadership, after: Leadership, at: number][] = [
  ["the lease of another ended", 500, by("b", 1, 0), by(null, 1, 1), 3000],
  ["the lease of another that had only begun ended", 8000, by("b", 1, 0), by(null, 1, 1), 8000],
  ["the own lease ended", nobodySince, by("a", 1, 0), by(null, 1, 1), nobodySince],
  ["the own lease ended, and so did that of another", nobodySince, by("a", 1, 0), by(null, 5, 1), 3000],
  ["this one leads again", nobodySince, by(null, 1, 1), by("a", 9, 0), nobodySince],
  ["another leads after this one", nobodySince, by("a", 1, 0), by("b", 9, 0), 10_000],
];

for (const [name, heardAt, before, after, at] of ends) {
  test(name, () => assert.equal(leaderHeardAt(heardAt, { before, after }, "a", lease, 10_000), at));
}
