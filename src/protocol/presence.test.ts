import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePresence, type Presence } from "./presence.ts";

const sound: Presence = {
  controller: "0123456789abcdef",
  name: "box-1a2b/controller-1",
  gateway: "box-1a2b",
  host: "boot/net",
  url: "http://10.0.0.2:41234",
  key: "MCowBQYDK2VwAyEA",
  clock: 12.5,
};

test("a record is taken as it was written, without what is not known", () => {
  assert.deepEqual(parsePresence({ ...sound, more: 1 }), sound);
});

const bad: Record<string, unknown>[] = [
  { controller: "" },
  { controller: "x".repeat(65) },
  { name: "other/controller-1" },
  { name: "box-1a2b/a\nb" },
  { url: "ftp://10.0.0.2" },
  { url: "http://" },
  { url: `http://${"a".repeat(300)}` },
  { key: 7 },
  { clock: "soon" },
  { gateway: undefined },
];
for (const change of bad) {
  test(`no record: ${JSON.stringify(change).slice(0, 60)}`, () => {
    assert.equal(parsePresence({ ...sound, ...change }), undefined);
  });
}

test("what is no object is no record", () => {
  for (const value of [undefined, null, 5, "text", []]) assert.equal(parsePresence(value), undefined);
});
