import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestRecord } from "../load/record.ts";
import { clientsNow, recordsDuring, waitingSince } from "./clients.ts";

function record(number: number, changes: Partial<RequestRecord> = {}): RequestRecord {
  const at = number * 10;
  return {
    id: `demo-1-${number}`,
    method: "GET",
    scheduledAt: at,
    sentAt: at,
    endedAt: at + 5,
    connectionOpenedAt: 0,
    outcome: { kind: "answered", status: 200 },
    ...changes,
  };
}

test("of a load, those requests count that were under way during the fault", () => {
  const records = [record(1), record(2, { endedAt: 900 }), record(50), record(90)];
  assert.deepEqual(
    recordsDuring(records, 300, 600).map(({ id }) => id),
    ["demo-1-2", "demo-1-50"],
  );
});

test("a request without a record waits, and is no request that went well", () => {
  const during = [record(3), record(40), record(41), record(44)];
  assert.equal(waitingSince(during, 400), 2, "42 and 43; what came before the fault leaves no gap");
  assert.equal(waitingSince([], 400), 0);
  const clients = clientsNow(during, { proxiesLostAt: [], workersKilled: false }, 400);
  assert.deepEqual([clients.requests, clients.waiting, clients.answered], [6, 2, 4]);
});

test("failed, late, unknown and lost with a proxy are told apart", () => {
  const during = [
    record(1, { outcome: { kind: "answered", status: 503 } }),
    record(2, { outcome: { kind: "refused", detail: "ECONNREFUSED" }, connectionOpenedAt: 25 }),
    record(3, { outcome: { kind: "reset", detail: "closed" }, endedAt: 60 }),
    record(4, {
      method: "POST",
      outcome: { kind: "answered", status: 502, reason: "outcome-unknown" },
    }),
    record(5, { endedAt: 1_300 }),
  ];
  const { failed, onLostProxy, outcomeUnknown, late, answered } = clientsNow(
    during,
    { proxiesLostAt: [20], workersKilled: true },
    0,
  );
  assert.deepEqual([failed, onLostProxy, outcomeUnknown, late, answered], [2, 1, 1, 1, 1]);
});
