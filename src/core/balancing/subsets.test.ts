import assert from "node:assert/strict";
import { test } from "node:test";
import { Balancer } from "./balancer.ts";
import type { Candidate } from "./candidate.ts";
import { newLatency } from "./latency.ts";
import { belongsTo, type Labelled, type Labels, sameLabels, type SubsetRule, Subsets } from "./subsets.ts";

const rules: [rule: Omit<SubsetRule, "otherwise">, labels: Labels, belongs: boolean][] = [
  [{ version: "2" }, { version: "2" }, true],
  [{ version: "2" }, { version: "2.1" }, false],
  [{ version: "2" }, {}, false],
  [{ zone: "a" }, { zone: "a", version: "1" }, true],
  [{ zone: "a" }, { zone: "b" }, false],
  [{ tags: ["gpu"] }, { tags: ["fast", "gpu"] }, true],
  [{ tags: ["gpu", "big"] }, { tags: ["gpu"] }, false],
  [{ tags: ["gpu"] }, {}, false],
  [{ metadata: { region: "n" } }, { metadata: { region: "n", other: "x" } }, true],
  [{ metadata: { region: "n" } }, { metadata: { region: "s" } }, false],
  [{ metadata: { constructor: "x" } }, { metadata: {} }, false],
  [{ version: "2", tags: ["gpu"] }, { version: "2", tags: ["gpu"] }, true],
  [{ version: "2", tags: ["gpu"] }, { version: "1", tags: ["gpu"] }, false],
];

for (const [rule, labels, belongs] of rules) {
  test(`${JSON.stringify(rule)}: ${JSON.stringify(labels)} ${belongs ? "belongs" : "does not belong"} to it`, () => {
    assert.equal(belongsTo({ ...rule, otherwise: "none" }, labels), belongs);
  });
}

test("labels are the same by what they say", () => {
  const labels = { version: "1", zone: "a", tags: ["x"], metadata: { k: "v" } };
  assert.ok(sameLabels(labels, structuredClone(labels)));
  assert.ok(sameLabels({}, { tags: [], metadata: {} }));
  for (const other of [
    { version: "2" },
    { zone: "b" },
    { tags: ["y"] },
    { tags: [] },
    { metadata: { k: "w" } },
  ])
    assert.ok(!sameLabels(labels, { ...labels, ...other }), JSON.stringify(other));
});

interface Member extends Candidate, Labelled {
  inFlight: number;
  readonly id: string;
}

function member(id: string, version: string, maxInFlight?: number): Member {
  const latency = newLatency(0);
  return { id, weight: 1, liveSince: -Infinity, inFlight: 0, latency, labels: { version }, maxInFlight };
}

function subsetsOf(written: Record<string, SubsetRule>): Subsets<Member> {
  let turn = 0;
  const chance = (): number => (turn = (turn + 0.37) % 1);
  return new Subsets(written, () => new Balancer({ policy: "least-wait", slowStartMs: 0 }, chance));
}

function served(subsets: Subsets<Member>, name: string | undefined): string[] {
  const ids = new Set<string>();
  for (let time = 0; time < 60; time += 1) ids.add(subsets.of(name).pick(0)?.id ?? "nobody");
  return [...ids].toSorted();
}

const ofTwo = (otherwise: string): Record<string, SubsetRule> => ({
  one: { version: "1", otherwise: "none" },
  two: { version: "2", otherwise },
});

test("a request of a subset meets its workers only, one of none meets all", () => {
  const subsets = subsetsOf(ofTwo("none"));
  for (const each of [member("a", "1"), member("b", "2"), member("c", "2")]) subsets.add(each);
  assert.deepEqual(served(subsets, "one"), ["a"]);
  assert.deepEqual(served(subsets, "two"), ["b", "c"]);
  assert.deepEqual(served(subsets, undefined), ["a", "b", "c"]);
});

for (const [otherwise, expected] of [
  ["none", ["nobody"]],
  ["any", ["a", "z"]],
  ["one", ["a"]],
] as const) {
  test(`none of a subset is in: with "${otherwise}" serves ${expected.join(", ")}`, () => {
    const subsets = subsetsOf(ofTwo(otherwise));
    const gone = member("b", "2");
    for (const each of [member("a", "1"), gone, member("z", "3")]) subsets.add(each);
    assert.deepEqual(served(subsets, "two"), ["b"]);
    subsets.remove(gone);
    assert.deepEqual(served(subsets, "two"), expected);
    subsets.add(gone);
    assert.deepEqual(served(subsets, "two"), ["b"]);
  });
}

test("a subset that is full does not spill over, and is told when it is free again", () => {
  const subsets = subsetsOf(ofTwo("any"));
  const full = member("b", "2", 1);
  for (const each of [member("a", "1"), full]) subsets.add(each);
  full.inFlight = 1;
  subsets.loadChanged(full);
  assert.deepEqual(served(subsets, "two"), ["nobody"]);
  full.inFlight = 0;
  subsets.loadChanged(full);
  assert.deepEqual(served(subsets, "two"), ["b"]);
});

test("a subset that is not there, or a circle, meets nobody", () => {
  const subsets = subsetsOf({
    one: { version: "1", otherwise: "two" },
    two: { version: "2", otherwise: "one" },
  });
  subsets.add(member("z", "3"));
  assert.deepEqual(served(subsets, "three"), ["nobody"]);
  assert.deepEqual(served(subsets, "one"), ["nobody"]);
});
