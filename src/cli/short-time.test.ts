import assert from "node:assert/strict";
import { test } from "node:test";
import { momentOf } from "./moment.ts";
import { shortTime } from "./short-time.ts";

const now = "2026-01-31T13:00:00.000Z";

test("a time says its zone, and its date where that is not today", () => {
  assert.equal(shortTime("2026-01-31T12:03:10.123Z", now), "12:03:10Z");
  assert.equal(shortTime("2026-01-30T12:03:10.123Z", now), "2026-01-30 12:03:10Z");
  assert.equal(shortTime("2026-01-31T12:03:10.123Z", now, 23), "12:03:10.123Z");
});

test("what is shown can be given back as a moment", () => {
  for (const at of ["2026-01-31T12:03:10.000Z", "2026-01-30T12:03:10.000Z"]) {
    assert.equal(momentOf(shortTime(at, now), Date.parse(now), "--at"), at);
  }
});
