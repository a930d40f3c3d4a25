import assert from "node:assert/strict";
import { test } from "node:test";
import { decidedOver, type Found, judge, type Known, type Verdict } from "./history.ts";
import { decodeIdentity, encodeRecord, type Identity, replacedMax } from "./records.ts";

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
    "a decision for a store that replaces ours",
    known,
    {
      clusterId: "7",
      revision: 200,
      identity: { ...identity, id: "other", incarnation: 3, replaces: ["x", "store-1"] },
    },
    "decided",
  ],
  [
    "a decision that was over before one for ours",
    known,
    { clusterId: "7", revision: 200, identity: { ...identity, id: "other", replaces: ["store-1"] } },
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

test("what is decided over another store is decided to whoever knows any of the stores that were decided over", () => {
  let decided: Identity = identity;
  const others = Array.from({ length: replacedMax + 4 }, (_, number) => ({
    id: `store-${number + 2}`,
    incarnation: number,
    termBase: 10 * number,
  }));
  for (const [number, other] of others.entries()) {
    // Whether the word was said at who knows the one or the other.
    decided = number % 2 === 0 ? decidedOver(decided, other) : decidedOver(other, decided);
    for (const before of [identity, ...others.slice(0, number + 1)].slice(-replacedMax)) {
      const found = { clusterId: "7", revision: 200, identity: decodeIdentity(encodeRecord(decided)) };
      assert.equal(
        judge({ ...known, identity: before }, found).kind,
        "decided",
        `${before.id} after ${number}`,
      );
    }
  }
  assert.equal(decided.replaces?.length, replacedMax);
  assert.equal(decided.termBase, 10 * (replacedMax + 3));
});

test("a decision over nothing, or over an older state, replaces no other store", () => {
  for (const found of [undefined, { ...identity, incarnation: 1 }]) {
    assert.deepEqual(decidedOver(identity, found), { ...identity, incarnation: 3 });
  }
});

test("an identity that names what it replaces otherwise than by ids was not written by skein", () => {
  for (const replaces of ["store-2", [2]]) {
    assert.throws(() => decodeIdentity(JSON.stringify({ v: 1, ...identity, replaces })), /damaged/);
  }
});
