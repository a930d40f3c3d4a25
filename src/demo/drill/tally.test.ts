import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome, RequestRecord } from "../load/record.ts";
import { type Excuses, tally } from "./tally.ts";

const nothing: Excuses = { proxiesLostAt: [], workersKilled: false };
const ok: Outcome = { kind: "answered", status: 201 };

function record(id: string, outcome: Outcome, more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id,
    method: "POST",
    scheduledAt: 100,
    sentAt: 101,
    endedAt: 105,
    connectionOpenedAt: 10,
    outcome,
    ...more,
  };
}

test("a POST in two ledgers is told, and so is an acknowledged one in none", () => {
  const sum = tally(
    [record("a", ok), record("b", ok), record("c", ok)],
    new Map([
      ["a", 2],
      ["b", 1],
    ]),
    nothing,
  );
  assert.deepEqual(sum.doubled, ["a"]);
  assert.deepEqual(sum.unexecuted, ["c"]);
  assert.equal(sum.answered, 3);
});

test("outcome-unknown is apart only for a POST of a row that kills a worker", () => {
  const unknown: Outcome = { kind: "answered", status: 502, reason: "outcome-unknown" };
  const records = [record("a", unknown), record("b", unknown, { method: "GET" })];
  const kills = tally(records, new Map(), { ...nothing, workersKilled: true });
  assert.deepEqual([kills.outcomeUnknown, kills.failed], [1, 1]);
  const spares = tally(records, new Map(), nothing);
  assert.deepEqual([spares.outcomeUnknown, spares.failed], [0, 2]);
  assert.deepEqual(spares.failures, { "POST 502 outcome-unknown": 1, "GET 502 outcome-unknown": 1 });
});

test("only a connection opened before a proxy was lost, and ended after, excuses", () => {
  const reset: Outcome = { kind: "reset", detail: "ECONNRESET" };
  const excuses = { ...nothing, proxiesLostAt: [103] };
  const before = tally([record("a", reset, { endedAt: 102 })], new Map(), excuses);
  const on = tally([record("a", reset)], new Map(), excuses);
  const after = tally([record("a", reset, { connectionOpenedAt: 104 })], new Map(), excuses);
  assert.deepEqual([before.failed, on.exempt, after.failed], [1, 1, 1]);
  assert.equal(tally([record("a", reset)], new Map(), nothing).failed, 1);
});

test("an answer of 5xx is never excused by a lost proxy", () => {
  const sum = tally([record("a", { kind: "answered", status: 503, reason: "no-live-worker" })], new Map(), {
    ...nothing,
    proxiesLostAt: [103],
  });
  assert.equal(sum.failed, 1);
});

test("latency counts from the schedule", () => {
  const sum = tally([record("a", ok, { sentAt: 1200, endedAt: 1201 })], new Map([["a", 1]]), nothing);
  assert.equal(sum.slow, 1);
  assert.equal(sum.slowestMs, 1101);
});
