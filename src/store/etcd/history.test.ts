import assert from "node:assert/strict";
import { test } from "node:test";
import { type Found, judge, type Known, type Verdict } from "./history.ts";

const identity = { id: "store-1", incarnation: 2, termBase: 0 };
const known: Known = { clusterId: "7", revision: 100, headRevision: 90, identity, continuous: true };
const unknown: Known = {
  clusterId: undefined,
  revision: 0,
  headRevision: 0,
  identity: undefined,
  continuous: true,
};
/** Seen, but nothing was ever written there. */
const blank: Known = {
  clusterId: "7",
  revision: 100,
  headRevision: 0,
  identity: undefined,
  continuous: true,
};

const cases: [name: string, known: Known, found: Found, verdict: Verdict["kind"]][] = [
  [
    "nothing is known: whatever is there is taken",
    unknown,
    { clusterId: "8", revision: 1, identity },
    "same",
  ],
  ["it goes on", known, { clusterId: "7", revision: 100, headRevision: 90, identity }, "same"],
  ["an answer that tells no revision", known, { clusterId: "7" }, "same"],
  ["another cluster", known, { clusterId: "8", revision: 500 }, "foreign"],
  ["another cluster, by an answer that tells no more", known, { clusterId: "8" }, "foreign"],
  [
    "another cluster with our records, as a restore makes it",
    known,
    { clusterId: "8", revision: 500, identity },
    "foreign",
  ],
  ["begun anew under the same name", known, { clusterId: "7", revision: 2 }, "foreign"],
  ["one revision back", known, { clusterId: "7", revision: 99, headRevision: 90, identity }, "foreign"],
  [
    "set back, and written by others since",
    known,
    { clusterId: "7", revision: 500, headRevision: 40, identity },
    "foreign",
  ],
  [
    "set back to before a decision",
    known,
    { clusterId: "7", revision: 500, identity: { ...identity, incarnation: 1 } },
    "foreign",
  ],
  [
    "a decision for what is there",
    known,
    { clusterId: "8", revision: 3, identity: { ...identity, incarnation: 3 } },
    "decided",
  ],
  [
    "a decision, under the same name",
    known,
    { clusterId: "7", revision: 3, identity: { ...identity, incarnation: 3 } },
    "decided",
  ],
  [
    "records of another gateway",
    known,
    { clusterId: "7", revision: 200, identity: { ...identity, id: "other", incarnation: 9 } },
    "foreign",
  ],
  [
    "no record is there, and the watch will tell why",
    known,
    { clusterId: "7", revision: 200, identity: null },
    "same",
  ],
  [
    "no record is there, and nobody will tell why",
    { ...known, continuous: false },
    { clusterId: "7", revision: 200, identity: null },
    "foreign",
  ],
  [
    "no record is there, and none was known",
    { ...blank, continuous: false },
    { clusterId: "7", revision: 200, identity: null },
    "same",
  ],
  ["nothing was ever known to lose", blank, { clusterId: "8", revision: 3, identity }, "decided"],
  ["nothing known, and it goes on", blank, { clusterId: "7", revision: 101, identity }, "same"],
];

for (const [name, before, found, verdict] of cases) {
  test(`${verdict}: ${name}`, () => assert.equal(judge(before, found).kind, verdict));
}
