import assert from "node:assert/strict";
import { test } from "node:test";
import { momentOf } from "./moment.ts";

const now = Date.UTC(2026, 0, 31, 12, 0, 0);

test("moments as people write them", () => {
  const of = (text: string): string => momentOf(text, now, "--at");
  assert.equal(of("now"), "2026-01-31T12:00:00.000Z");
  assert.equal(of("11:59"), "2026-01-31T11:59:00.000Z");
  assert.equal(of("11:59:58.5"), "2026-01-31T11:59:58.500Z");
  assert.equal(of("12:00:01"), "2026-01-30T12:00:01.000Z");
  assert.equal(of("90s"), "2026-01-31T11:58:30.000Z");
  assert.equal(of("-2h"), "2026-01-31T10:00:00.000Z");
  assert.equal(of("2026-01-30T01:02:03+01:00"), "2026-01-30T00:02:03.000Z");
});

test("an ISO text without a zone is in UTC, wherever that is read", (t) => {
  const zone = process.env["TZ"];
  process.env["TZ"] = "America/New_York";
  t.after(() => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  });
  assert.notEqual(new Date(now).getTimezoneOffset(), 0);
  for (const text of ["2026-01-30T01:02:03", "2026-01-30 01:02:03", "2026-01-30T01:02:03.000Z"]) {
    assert.equal(momentOf(text, now, "--at"), "2026-01-30T01:02:03.000Z");
  }
  assert.equal(momentOf("2026-01-30", now, "--at"), "2026-01-30T00:00:00.000Z");
  assert.equal(momentOf("2026-01-30T01:02", now, "--at"), "2026-01-30T01:02:00.000Z");
});

for (const wrong of [
  "",
  "25:00",
  "noon",
  "5",
  "2026-13-01",
  "2026-02-31",
  "2026-01-30 junk",
  "2026-01-30T25:00",
  "2026-01-30T01:02:03+99:00",
  "999999999d",
]) {
  test(`no moment: ${wrong}`, () => {
    const refusal = { exitCode: 2, message: /^--at: ".*" is no moment; write 12:03:10/ };
    assert.throws(() => momentOf(wrong, now, "--at"), refusal);
  });
}
