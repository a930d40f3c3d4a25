import assert from "node:assert/strict";
import { test } from "node:test";
import { configuration, token } from "../../../test/contract/store-contract.ts";
import { Mirror } from "./mirror.ts";
import { hopelessIn, mendingOf } from "./salvage.ts";
import { headRecord, identityRecord, keyValue, overrideRecord, testKeys as keys } from "./testing-records.ts";
import type { Head } from "./records.ts";
import type { KeyValue } from "./wire.ts";

const { traffic } = configuration("d4");
const stored = { revision: 4, digest: "d4", name: "c4", parts: 1 };
const part = keyValue(keys.configuration("c4", 0), JSON.stringify(traffic), 4);
const head = headRecord(5, {
  configuration: stored,
  overrides: 3,
  tokens: [token("t1")],
  events: { firstId: 2, lastId: 20 },
});

function found(...keyValues: KeyValue[]): Mirror {
  const mirror = new Mirror(keys);
  mirror.takeList({ revision: 10, keyValues });
  return mirror;
}

test("who never knew damaged records whole keeps whatever can be read of them", () => {
  const mirror = found(
    identityRecord(3),
    head,
    part,
    overrideRecord(4, "w1"),
    overrideRecord(4, "w2", { drain: false, weight: 0.5 }),
    keyValue(keys.override("web", "w3"), "{", 6),
    keyValue(keys.override("web", "w4"), '{"service":"web","id":"w1","drain":true,"weight":null}', 6),
    keyValue(keys.override("web", "w5"), '{"service":"web","id":"w5","drain":"yes","weight":null}', 6),
  );
  assert.equal(mirror.view.kind, "broken");
  assert.equal(hopelessIn(mirror), undefined);
  assert.deepEqual(mendingOf(mirror, keys), {
    kind: "salvaged",
    content: {
      configuration: { revision: 4, digest: "d4", traffic },
      overrides: [
        { service: "web", id: "w1", drain: true, weight: null },
        { service: "web", id: "w2", drain: false, weight: 0.5 },
      ],
      tokens: [token("t1")],
      events: { firstId: 2, lastId: 20 },
    },
    what: "2 of 3 drains and weights could be kept",
  });
});

test("a configuration of which a part is gone is not kept, and that is said", () => {
  const mending = mendingOf(found(identityRecord(3), head, overrideRecord(4, "w1")), keys);
  assert.ok(mending.kind === "salvaged");
  assert.equal(mending.content.configuration, undefined);
  assert.match(mending.what, /^1 of 3 drains and weights could be kept, and not the configuration/);
});

for (const [name, heads] of [
  ["gone", []],
  ["damaged", [keyValue(keys.head, "{", 6)]],
] as const) {
  test(`nothing is written where the head is ${name} and nobody knew the content`, () => {
    const mirror = found(identityRecord(3), ...heads, part, overrideRecord(4, "w1"));
    const mending = mendingOf(mirror, keys);
    assert.equal(mending.kind, "hopeless");
    assert.match(hopelessIn(mirror) ?? "", /never knew them whole.*its state directory/);
  });
}

test("who knew the content writes that again, whatever is left of it", () => {
  const records = [identityRecord(3), headRecord(5, { overrides: 1 }), overrideRecord(4, "w1")];
  const mirror = found(...records);
  mirror.takeList({ revision: 11, keyValues: [identityRecord(3)] });
  assert.equal(mirror.view.kind, "broken");
  assert.equal(hopelessIn(mirror), undefined);
  const mending = mendingOf(mirror, keys);
  assert.ok(mending.kind === "known");
  assert.deepEqual(
    mending.content.overrides.map(({ id }) => id),
    ["w1"],
  );
});

/** As a host that was off knows it: with a token that was revoked since, and a drain. */
function knownBefore(stored: Head["configuration"] = null, ...parts: KeyValue[]): Mirror {
  const tokens = [token("leaked")];
  const events = { firstId: 1, lastId: 9 };
  const before = headRecord(9, { configuration: stored, overrides: 1, tokens, events });
  return found(identityRecord(3), before, overrideRecord(4, "old"), ...parts);
}

const since = { overrides: 3, tokens: [], events: { firstId: 1, lastId: 500 } };

test("what was written since it was known counts, and what is gone of it does not bring back what was known", () => {
  const mirror = knownBefore();
  const left = [overrideRecord(880, "a"), overrideRecord(890, "b")];
  mirror.takeList({ revision: 910, keyValues: [identityRecord(3), headRecord(900, since), ...left] });
  assert.equal(mirror.view.kind, "broken");
  const mending = mendingOf(mirror, keys);
  assert.ok(mending.kind === "salvaged");
  const { overrides, tokens, events } = mending.content;
  assert.deepEqual(
    overrides.map(({ id }) => id),
    ["a", "b"],
  );
  assert.deepEqual(tokens, []);
  assert.equal(events.lastId, 500);
  assert.equal(mending.what, "2 of 3 drains and weights could be kept");
});

for (const [digest, revision, said] of [
  ["d4", 7, /could be kept$/],
  ["d7", 8, /and not the configuration: it is taken from the file again$/],
] as const) {
  test(`the known configuration stands for one that cannot be read, in force as ${digest}`, () => {
    const mirror = knownBefore(stored, part);
    const configuration = { revision: 7, digest, name: "c7", parts: 1 };
    mirror.takeList({
      revision: 910,
      keyValues: [identityRecord(3), headRecord(900, { ...since, configuration })],
    });
    const mending = mendingOf(mirror, keys);
    assert.ok(mending.kind === "salvaged");
    assert.deepEqual(mending.content.configuration, { revision, digest: "d4", traffic });
    assert.match(mending.what, said);
  });
}

test("a copy of an older head that somebody put back does not count", () => {
  const mirror = found(
    identityRecord(3),
    headRecord(900, { ...since, overrides: 1 }),
    overrideRecord(880, "a"),
  );
  const older = headRecord(905, {
    write: "w9",
    tokens: [token("leaked")],
    events: { firstId: 1, lastId: 9 },
  });
  mirror.takeList({ revision: 910, keyValues: [identityRecord(3), older, overrideRecord(880, "a")] });
  assert.equal(mirror.view.kind, "broken");
  const mending = mendingOf(mirror, keys);
  assert.ok(mending.kind === "known");
  assert.deepEqual([mending.content.tokens, mending.content.events.lastId], [[], 500]);
});
