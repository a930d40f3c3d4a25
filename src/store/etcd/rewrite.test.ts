import assert from "node:assert/strict";
import { test } from "node:test";
import { configuration, token } from "../../../test/contract/store-contract.ts";
import type { Override } from "../store.ts";
import { firstIdIn } from "./event-pages.ts";
import type { Content } from "./content.ts";
import { Mirror } from "./mirror.ts";
import { type Rewriting, rewriteOf } from "./rewrite.ts";
import {
  headRecord,
  identityRecord,
  keyValue,
  overrideRecord,
  put,
  testKeys as keys,
} from "./testing-records.ts";
import type { KeyValue } from "./wire.ts";

const overrides = (count: number): Override[] =>
  Array.from({ length: count }, (_, index) => ({
    service: "web",
    id: `w${String(index).padStart(4, "0")}`,
    drain: true,
    weight: null,
  }));

const content: Content = {
  configuration: { revision: 4, digest: "d4", traffic: configuration("d4").traffic },
  overrides: overrides(3),
  tokens: [token("t1")],
  events: { firstId: 1, lastId: 20 },
};

/** What etcd holds after a rewriting of what it held before. */
function rewritten(found: KeyValue[], changes: Partial<Rewriting> = {}): Mirror {
  const mirror = new Mirror(keys);
  mirror.takeList({ revision: 10, keyValues: found });
  const { ready, operations } = rewriteOf({
    keys,
    content,
    found,
    firstEventId: undefined,
    identity: { id: "store-1", incarnation: 1, termBase: 7 },
    event: { at: "2026-01-01T00:00:00.000Z", kind: "store-mended", message: "mended" },
    term: 7,
    write: "rewrite",
    ...changes,
  });
  for (const [index, part] of [...ready, operations].entries()) {
    assert.ok(part.length <= 128);
    mirror.takeOwn(part, 11 + index);
  }
  return mirror;
}

const cases: [name: string, found: KeyValue[]][] = [
  ["nothing", []],
  [
    "all of another store",
    [
      identityRecord(3, { id: "other" }),
      headRecord(9, { overrides: 2 }),
      overrideRecord(9, "w0001", { weight: 5 }),
      overrideRecord(9, "stranger"),
    ],
  ],
  [
    "rubbish",
    [
      keyValue(keys.head, "rubbish", 9),
      keyValue(keys.identity, "{}", 9),
      keyValue(keys.configuration("x", 0), "y", 9),
    ],
  ],
];

for (const [name, found] of cases) {
  test(`over ${name}: afterwards etcd says what is known`, () => {
    const mirror = rewritten(found);
    assert.equal(mirror.view.kind, "whole");
    assert.deepEqual(mirror.state.overrides, content.overrides);
    assert.deepEqual(mirror.state.configuration, content.configuration);
    assert.deepEqual(mirror.state.events, { firstId: 21, lastId: 21 });
    assert.equal(mirror.identity?.id, "store-1");
    const left = mirror.records.filter(({ key }) => key.startsWith(keys.configurations.key));
    assert.deepEqual(
      left.map(({ key }) => key),
      [keys.configuration("rewrite", 0)],
    );
  });
}

test("the pages of events that are there stay", () => {
  assert.deepEqual(rewritten([], { firstEventId: 3 }).state.events, { firstId: 3, lastId: 21 });
  const page = keyValue(keys.eventsUpTo(20), JSON.stringify([{ id: 3 }, { id: 20 }]), 9);
  assert.deepEqual([firstIdIn(page), firstIdIn(undefined)], [3, undefined]);
  for (const value of ["oops", "null", "[null]", '{"id":3}'])
    assert.equal(firstIdIn(keyValue(keys.eventsUpTo(20), value, 9)), 21, value);
});

test("ten thousand overrides come in parts, and nobody believes them before the last", () => {
  const many = { ...content, overrides: overrides(10_000) };
  const mirror = new Mirror(keys);
  mirror.takeList({ revision: 10, keyValues: [identityRecord(3), headRecord(9)] });
  const whole = rewritten([identityRecord(3), headRecord(9)], { content: many });
  assert.equal(whole.state.overrides.length, 10_000);
  mirror.takeEvents([put(keys.override("web", "w0000"), JSON.stringify(many.overrides[0]), 11)]);
  assert.equal(mirror.view.kind, "broken");
  assert.deepEqual(mirror.state.overrides, []);
});
