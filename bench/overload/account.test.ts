import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestRecord } from "../../src/demo/load/record.ts";
import { accountOf, isBalanced } from "./account.ts";

const record = (id: string, status: number): RequestRecord => ({
  id,
  method: "GET",
  scheduledAt: 0,
  sentAt: 0,
  endedAt: 1,
  connectionOpenedAt: 0,
  outcome: status === 0 ? { kind: "timeout" } : { kind: "answered", status },
});

const records = [record("a", 200), record("b", 200), record("c", 503), record("d", 0)];
const all = { planned: 4, sent: 4, records };

test("what was answered was served; what was served may have come too late, or twice", () => {
  const account = accountOf(all, ["a", "b", "d", "d"]);
  assert.deepEqual(account, {
    planned: 4,
    sent: 4,
    recorded: 4,
    answered: 2,
    served: 4,
    twice: 1,
    inVain: 1,
    unknown: 0,
  });
  assert.ok(isBalanced(account));
});

for (const [what, load, ledger] of [
  ["an answer that no worker gave", all, ["a"]],
  ["a request that was due and not sent", { ...all, planned: 5 }, ["a", "b"]],
  ["a request of which nobody knows what became", { ...all, planned: 5, sent: 5 }, ["a", "b"]],
] as const) {
  test(`the account does not balance: ${what}`, () =>
    assert.equal(isBalanced(accountOf(load, ledger)), false));
}
