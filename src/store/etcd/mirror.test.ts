import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Mirror } from "./mirror.ts";
import {
  gone,
  headRecord,
  identityRecord,
  keyValue,
  overrideRecord,
  put,
  testKeys as keys,
} from "./testing-records.ts";
import { type KeyValue, noLease, type WatchEvent } from "./wire.ts";

const asEvents = (...records: KeyValue[]): WatchEvent[] =>
  records.map((record) => ({ kind: "put", keyValue: record }));

/** A store with one drain, written at revision 10 under the leader of term 5. */
const records = (): KeyValue[] => [
  identityRecord(5),
  keyValue(keys.leader, "a", 5),
  keyValue(keys.seat, "a", 5),
  overrideRecord(10, "w1"),
  headRecord(10, { overrides: 1, events: { firstId: 1, lastId: 3 } }),
];

function mirrorOf(keyValues = records(), revision = 10): Mirror {
  const mirror = new Mirror(keys);
  mirror.takeList({ revision, keyValues });
  return mirror;
}

const ids = (mirror: Mirror): string[] => mirror.state.overrides.map(({ id }) => id);

test("a list tells content, leadership and where the watch begins", () => {
  const mirror = mirrorOf();
  assert.equal(mirror.revision, 10);
  assert.deepEqual(ids(mirror), ["w1"]);
  assert.deepEqual(mirror.state.leadership, { holder: "a", term: 5, beat: 0 });
  assert.deepEqual(mirror.state.events, { firstId: 1, lastId: 3 });
  assert.deepEqual(new Mirror(keys).state.leadership, { holder: null, term: 0, beat: 0 });
});

test("news that is not newer is passed over, whichever way it comes", () => {
  const mirror = mirrorOf();
  mirror.takeEvents([...asEvents(overrideRecord(9, "w1", { drain: false, weight: 2 })), gone(keys.head, 10)]);
  assert.deepEqual(mirror.state.overrides, [{ service: "web", id: "w1", drain: true, weight: null }]);
  assert.equal(mirror.takeList({ revision: 9, keyValues: [] }), false);
  assert.equal(mirror.revision, 10);
  mirror.takeEvents([put(keys.beat("x"), "7", 12)]);
  assert.equal(mirror.revision, 12, "beats move the revision on");
});

test("an own write is known at once, and the watch that tells it again, or tells what was before it, changes nothing", () => {
  const mirror = mirrorOf();
  const head = headRecord(14, { write: "own", overrides: 1 });
  const made = overrideRecord(14, "w2");
  const removed = keys.override("web", "w1");
  mirror.takeOwn(
    [
      { kind: "put", key: made.key, value: made.value },
      { kind: "delete", key: removed },
      { kind: "put", key: keys.head, value: head.value },
    ],
    14,
  );
  assert.deepEqual(ids(mirror), ["w2"]);
  assert.equal(mirror.revision, 10, "the watch has not told what lies between");
  mirror.takeEvents(asEvents(overrideRecord(12, "w1", { weight: 3 })));
  assert.deepEqual(ids(mirror), ["w2"], "before the own write: gone meanwhile");
  mirror.takeEvents([...asEvents(made), gone(removed, 14), ...asEvents(head)]);
  assert.deepEqual(ids(mirror), ["w2"]);
  assert.equal(mirror.head?.write, "own");
  assert.equal(mirror.revision, 14);
});

test("what is gone for the list is gone; the rest is the same object as before", () => {
  const mirror = mirrorOf();
  const before = mirror.state;
  mirror.takeList({ revision: 11, keyValues: records() });
  assert.equal(mirror.state.overrides, before.overrides);
  mirror.takeList({
    revision: 12,
    keyValues: [...records().slice(0, 3), headRecord(12)],
  });
  assert.deepEqual(ids(mirror), []);
});

test("keys that others deleted or changed are not believed: what was whole stays", () => {
  const all = records().map(({ key }) => gone(key, 11));
  const cases: [what: RegExp, events: WatchEvent[]][] = [
    [/every record is gone/, all],
    [/head is gone/, [gone(keys.head, 11)]],
    [/identity is gone/, [gone(keys.identity, 11)]],
    [/0 drains and weights are there instead of 1/, [gone(keys.override("web", "w1"), 11)]],
    [/2 drains and weights/, asEvents(overrideRecord(11, "w2"))],
    [/changed by somebody else/, asEvents(overrideRecord(11, "w1", { weight: 1 }))],
    [/head in etcd is damaged/, [put(keys.head, "{", 11)]],
    [/identity in etcd is damaged/, [put(keys.identity, '{"v":1}', 11)]],
  ];
  for (const [what, events] of cases) {
    const mirror = mirrorOf();
    const before = mirror.state;
    mirror.takeEvents(events);
    assert.equal(mirror.view.kind, "broken", String(what));
    assert.match(mirror.view.kind === "broken" ? mirror.view.what : "", what);
    assert.equal(mirror.state.overrides, before.overrides);
    assert.deepEqual(mirror.state.events, before.events);
    assert.equal(mirror.identity?.id, "store-1");
    mirror.takeEvents(
      asEvents(identityRecord(20), overrideRecord(20, "w1"), headRecord(20, { overrides: 1 })).concat(
        gone(keys.override("web", "w2"), 20),
      ),
    );
    assert.equal(mirror.view.kind, "whole", "written anew");
  }
});

test("what a newer skein wrote is told apart from damage", () => {
  const mirror = mirrorOf();
  mirror.takeEvents([put(keys.head, '{"v":2}', 11)]);
  assert.equal(mirror.view.kind, "newer");
  assert.deepEqual(ids(mirror), ["w1"]);
});

test("a configuration is whole when all its parts are", () => {
  const traffic = JSON.stringify({ services: {}, routes: ["x".repeat(20)] });
  const parts = [traffic.slice(0, 10), traffic.slice(10)];
  const stored = { revision: 3, digest: "d3", name: "n1", parts: 2 };
  const mirror = mirrorOf();
  mirror.takeEvents([put(keys.configuration("n1", 0), parts[0] ?? "", 11)]);
  assert.equal(mirror.state.configuration, undefined, "not named by the head yet");
  mirror.takeEvents(asEvents(headRecord(12, { configuration: stored, overrides: 1 })));
  assert.equal(mirror.view.kind, "broken");
  mirror.takeEvents([put(keys.configuration("n1", 1), parts[1] ?? "", 13)]);
  assert.deepEqual(mirror.state.configuration, { revision: 3, digest: "d3", traffic: JSON.parse(traffic) });
});

test("a leader's lease that is gone frees the seat, and no term ever goes back", () => {
  const mirror = mirrorOf();
  mirror.takeEvents([gone(keys.leader, 20)]);
  assert.deepEqual(mirror.state.leadership, { holder: null, term: 5, beat: 1 });
  mirror.takeEvents([put(keys.leader, "b", 21), put(keys.seat, "b", 21)]);
  assert.deepEqual(mirror.state.leadership, { holder: "b", term: 21, beat: 0 });
  mirror.takeEvents([gone(keys.leader, 22), gone(keys.seat, 22), gone(keys.identity, 22)]);
  assert.deepEqual(mirror.state.leadership, { holder: null, term: 21, beat: 1 });
  mirror.takeEvents([
    ...asEvents(identityRecord(30, { termBase: 1000 })),
    put(keys.leader, "c", 30),
    put(keys.seat, "c", 30),
  ]);
  assert.deepEqual(mirror.state.leadership, { holder: "c", term: 1030, beat: 0 });
});

test("where nobody has led since an operator's decision, the term is that of before it", () => {
  const mirror = mirrorOf([identityRecord(3, { incarnation: 1, termBase: 700 })], 3);
  assert.deepEqual(mirror.state.leadership, { holder: null, term: 700, beat: 1 });
});

test("a leader's key that is bound to no lease holds no seat: nothing would ever end it", () => {
  const mirror = mirrorOf();
  mirror.takeEvents([{ kind: "put", keyValue: { ...keyValue(keys.leader, "a", 20, 5), lease: noLease } }]);
  assert.deepEqual(mirror.state.leadership, { holder: null, term: 5, beat: 1 });
});

test("a read tells of the leadership before the watch does, and of the content nothing", () => {
  const mirror = mirrorOf();
  const { identity } = mirror.cluster;
  mirror.takeSeat({ leader: undefined, seat: keyValue(keys.seat, "a", 5), identity }, 15);
  assert.equal(mirror.state.leadership.holder, null);
  mirror.takeEvents([put(keys.leader, "late", 14, 14)]);
  assert.equal(mirror.state.leadership.holder, null, "it was gone at 15");
  mirror.takeSeat({ leader: keyValue(keys.leader, "a", 5), seat: keyValue(keys.seat, "a", 5), identity }, 13);
  assert.equal(mirror.state.leadership.holder, null, "a read that was overtaken");
});

test("whatever the order and number of times in which news come, the end is the same", () => {
  const history = [
    ...asEvents(overrideRecord(11, "w2"), headRecord(11, { overrides: 2 })),
    gone(keys.override("web", "w1"), 12),
    ...asEvents(headRecord(12, { overrides: 1 })),
    gone(keys.leader, 13),
    put(keys.leader, "b", 14),
    put(keys.seat, "b", 14),
  ];
  const final = [
    identityRecord(5),
    overrideRecord(11, "w2"),
    headRecord(12, { overrides: 1 }),
    keyValue(keys.leader, "b", 14),
    keyValue(keys.seat, "b", 14),
  ];
  const expected = mirrorOf(final, 14).state;
  // The watch tells whole revisions.
  const steps = fc.array(fc.constantFrom(0, 2, 4, 5, history.length), { maxLength: 6 });
  fc.assert(
    fc.property(steps, (cuts) => {
      const mirror = mirrorOf();
      const cluster = { leader: final[3], seat: final[4], identity: final[0] };
      for (const cut of cuts) {
        if (cut === history.length) mirror.takeSeat(cluster, 14);
        else mirror.takeEvents(history.slice(0, cut));
      }
      mirror.takeEvents(history);
      assert.deepEqual(mirror.state, expected);
    }),
    { seed: 1, numRuns: 500 },
  );
});
