import assert from "node:assert/strict";
import { test } from "node:test";
import type { Presence } from "../../protocol/presence.ts";
import { presentMax } from "../store.ts";
import { Keys } from "./keys.ts";
import { beatNumber, beatText, Presences } from "./presences.ts";
import type { KeyValue, WatchEvent } from "./wire.ts";

const keys = new Keys("skein");

function presence(number: number, more: Partial<Presence> = {}): Presence {
  const gateway = `box-${number}`;
  const name = `${gateway}/controller-1`;
  const url = `http://10.0.0.${number}:7601`;
  return { controller: `c${number}`, name, gateway, host: gateway, url, key: "k", clock: 1, ...more };
}

function put(handle: string, value: string): WatchEvent & { kind: "put" } {
  const keyValue: KeyValue = { key: keys.beat(handle), value, createRevision: 1, modRevision: 1, lease: "1" };
  return { kind: "put", keyValue };
}

function setUp() {
  const presences = new Presences(keys, "own");
  let changes = 0;
  presences.onChange(() => (changes += 1));
  const names = (): string[] => presences.others().map(({ name }) => name);
  return { presences, names, changes: () => changes };
}

test("others are known by their beats, and gone with their keys", () => {
  const { presences, names, changes } = setUp();
  presences.takeEvents([put("a", beatText(1, presence(1))), put("own", beatText(1, presence(9)))]);
  assert.deepEqual(names(), ["box-1/controller-1"]);
  presences.takeList([put("b", beatText(7, presence(2))).keyValue]);
  assert.deepEqual(names(), ["box-1/controller-1", "box-2/controller-1"]);
  presences.takeEvents([{ kind: "delete", key: keys.beat("a"), modRevision: 9 }]);
  assert.deepEqual([names(), changes()], [["box-2/controller-1"], 3]);
});

test("of two lives of one name the later one counts", () => {
  const { presences } = setUp();
  presences.takeEvents([
    put("new", beatText(1, presence(1, { controller: "new", clock: 9 }))),
    put("old", beatText(1, presence(1, { controller: "old", clock: 5 }))),
  ]);
  assert.deepEqual(
    presences.others().map(({ controller }) => controller),
    ["new"],
  );
});

test("who beats no more is forgotten after 60 own beats that came back, and not by time", () => {
  const { presences, names } = setUp();
  presences.takeEvents([put("a", beatText(1, presence(1)))]);
  for (let beats = 0; beats < 60; beats += 1) presences.beatCameBack();
  assert.equal(names().length, 1);
  presences.beatCameBack();
  assert.equal(names().length, 0);
});

test("what is no record is passed over, and there are never more than the most", () => {
  const { presences, names } = setUp();
  const bad = ["", "7", "null", "{}", "x".repeat(5_000), beatText(1, undefined)];
  presences.takeEvents(bad.map((value, index) => put(`bad${index}`, value)));
  presences.takeEvents([
    {
      ...put("a", beatText(1, presence(1))),
      keyValue: { ...put("a", "").keyValue, key: "skein/overrides/a/b" },
    },
  ]);
  assert.deepEqual(names(), []);
  for (let number = 0; number < presentMax + 5; number += 1) {
    presences.takeEvents([put(`h${number}`, beatText(1, presence(number)))]);
  }
  assert.equal(names().length, presentMax);
});

test("the number of a beat is found again, and nothing is taken for one", () => {
  assert.equal(beatNumber(beatText(12, presence(1))), 12);
  for (const text of ["", "x", "null", "{}", '{"n":"7"}', "[]"])
    assert.ok(Number.isNaN(beatNumber(text)), text);
});
