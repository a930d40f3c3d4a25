import assert from "node:assert/strict";
import { test } from "node:test";
import { beginWithinMs, cannotBeginAt, mayBegin, mayEnter } from "./begin-by.ts";

test("whoever may begin has entered before, and long before anybody takes the request back", () => {
  const beginBy = 1_000 + beginWithinMs;
  for (let now = 1_000; now < cannotBeginAt(beginBy) + 100; now += 1) {
    if (mayEnter(now, beginBy)) assert.ok(mayBegin(now, beginBy), `at ${now} it may enter, and not begin`);
    if (mayBegin(now, beginBy)) assert.ok(now + 50 <= cannotBeginAt(beginBy), `at ${now} it may begin`);
  }
  assert.ok(mayEnter(beginBy, beginBy) && !mayEnter(beginBy + 1, beginBy));
  assert.ok(!mayBegin(cannotBeginAt(beginBy), beginBy));
});

test("without a time it may begin whenever it can, and is never taken back", () => {
  assert.ok(mayEnter(Number.MAX_VALUE, Infinity) && mayBegin(Number.MAX_VALUE, Infinity));
  assert.equal(cannotBeginAt(Infinity), Infinity);
});
