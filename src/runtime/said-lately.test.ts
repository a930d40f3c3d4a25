import assert from "node:assert/strict";
import { test } from "node:test";
import { SaidLately, textsMax } from "./said-lately.ts";

/** Says these in turn, ten a second; what is said, with the seconds. */
function saidOf(texts: readonly string[], seconds: number): string[] {
  let now = 5_000;
  const said = new SaidLately({ now: () => now });
  return Array.from({ length: seconds * 10 }, (_, tenth) => {
    const text = texts[tenth % texts.length]!;
    const line = said.mayBeSaid(text) ? [`${tenth / 10} ${text}`] : [];
    now += 100;
    return line;
  }).flat();
}

test("a complaint is said at once, then once a minute; another one at once", () => {
  assert.deepEqual(saidOf(["the disk is full"], 130), [
    "0 the disk is full",
    "60 the disk is full",
    "120 the disk is full",
  ]);
  assert.deepEqual(saidOf(["full", "full", "read only"], 1), ["0 full", "0.2 read only"]);
});

test("several that take turns are said once a minute each", () => {
  const members = ["etcd at a: refused", "etcd at b: refused", "etcd at c: refused"];
  assert.deepEqual(
    saidOf(members, 100).map((line) => line.replace(": refused", "")),
    ["0 etcd at a", "0.1 etcd at b", "0.2 etcd at c", "60 etcd at a", "60.1 etcd at b", "60.2 etcd at c"],
  );
});

test("those that all differ are bounded too", () => {
  const texts = Array.from({ length: 2_000 }, (_, index) => `it failed at revision ${index}`);
  assert.equal(saidOf(texts, 120).length, 2 * textsMax);
});
