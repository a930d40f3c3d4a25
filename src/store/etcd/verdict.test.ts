import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cluster } from "./mirror.ts";
import { headRecord, identityRecord, keyValue, testKeys as keys } from "./testing-records.ts";
import { type Attempt, comparisonsOf, type Verdict, verdictOn } from "./verdict.ts";

const leader = { createRevision: 5, holder: "a" };
const change = { write: "mine", headRevision: 10, identityRevision: 5 };
const certain: Attempt = { leader, change, doubtful: false };
const doubtful: Attempt = { leader, change, doubtful: true };
const fence: Attempt = { leader, change: undefined, doubtful: false };

const own = keyValue(keys.leader, "a", 5);
const other = keyValue(keys.leader, "b", 20);
const identity = identityRecord(5);
const before = headRecord(10, { write: "before" });
const mine = headRecord(11, { write: "mine" });
const later = headRecord(12, { write: "later" });

type Found = Pick<Cluster, "leader" | "head" | "identity">;
const cases: [name: string, attempt: Attempt, found: Found, verdict: Verdict][] = [
  ["nothing has happened yet", doubtful, { leader: own, head: before, identity }, "not-done"],
  ["it was done", doubtful, { leader: own, head: mine, identity }, "done"],
  ["it was done, and then another took over", doubtful, { leader: other, head: mine, identity }, "done"],
  [
    "it was not done, and another leads: it never will be",
    doubtful,
    { leader: other, head: before, identity },
    "stale-term",
  ],
  [
    "it was not done, and nobody leads",
    doubtful,
    { leader: undefined, head: before, identity },
    "stale-term",
  ],
  [
    "another has written since: nobody can tell",
    doubtful,
    { leader: other, head: later, identity },
    "unknowable",
  ],
  [
    "every key was deleted since",
    doubtful,
    { leader: undefined, head: undefined, identity: undefined },
    "unknowable",
  ],
  ["refused for certain: another leads", certain, { leader: other, head: later, identity }, "stale-term"],
  ["refused for certain: the head is another", certain, { leader: own, head: later, identity }, "behind"],
  [
    "refused for certain: the identity is another",
    certain,
    { leader: own, head: before, identity: identityRecord(11) },
    "behind",
  ],
  ["refused for certain: the head is gone", certain, { leader: own, head: undefined, identity }, "behind"],
  [
    "a head that is no record of ours",
    certain,
    { leader: own, head: keyValue(keys.head, "null", 13), identity },
    "behind",
  ],
  [
    "the same holder in a later term",
    certain,
    { leader: keyValue(keys.leader, "a", 30), head: before, identity },
    "stale-term",
  ],
  [
    "the same revision, another holder",
    certain,
    { leader: keyValue(keys.leader, "b", 5), head: before, identity },
    "stale-term",
  ],
  [
    "an operator's decision, whoever leads",
    { ...doubtful, leader: undefined },
    { leader: other, head: before, identity },
    "not-done",
  ],
  ["nothing to change, the term holds", fence, { leader: own, head: later, identity }, "done"],
  ["nothing to change, the term is over", fence, { leader: other, head: later, identity }, "stale-term"],
];

for (const [name, attempt, found, verdict] of cases) {
  test(`${verdict}: ${name}`, () => assert.equal(verdictOn(attempt, found), verdict));
}

test("the very first write: there is no head yet", () => {
  const first: Attempt = { ...doubtful, change: { ...change, headRevision: 0 } };
  assert.equal(verdictOn(first, { leader: own, head: undefined, identity }), "not-done");
});

test("the transaction compares what the verdict looks at", () => {
  assert.deepEqual(comparisonsOf(certain, keys), [
    { key: keys.leader, created: 5 },
    { key: keys.leader, value: "a" },
    { key: keys.head, modified: 10 },
    { key: keys.identity, modified: 5 },
  ]);
  assert.deepEqual(comparisonsOf(fence, keys).length, 2);
  assert.deepEqual(comparisonsOf({ ...certain, leader: undefined }, keys).length, 2);
});
