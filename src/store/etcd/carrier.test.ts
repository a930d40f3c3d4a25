import assert from "node:assert/strict";
import { test } from "node:test";
import { SkeinError } from "../../protocol/error.ts";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import type { EtcdApi } from "./api.ts";
import { Carrier } from "./carrier.ts";
import { EtcdFailure, type FailureKind } from "./failure.ts";
import { Replica } from "./replica.ts";
import { headRecord, identityRecord, testKeys as keys } from "./testing-records.ts";
import type { Operation, TransactionAnswer } from "./wire.ts";

/** What etcd answers to a write or a look, or how that fails. */
type Fate = FailureKind | "written" | "as-before" | "another-etcd";

/** A write of which each call meets with the next fate; gives what its writer is told. */
async function told(...fates: Fate[]): Promise<unknown> {
  const time = new VirtualTime();
  const records = [identityRecord(3), headRecord(5)];
  const transact = (): Promise<TransactionAnswer> => {
    const fate = fates.shift();
    assert.ok(fate !== undefined, "nothing more was to be asked");
    const header = { clusterId: fate === "another-etcd" ? "8" : "7", revision: 9 };
    if (fate === "written" || fate === "another-etcd") {
      return Promise.resolve({ header, succeeded: true, ranges: [] });
    }
    if (fate === "as-before") {
      return Promise.resolve({ header, succeeded: false, ranges: [{ keyValues: records, more: false }] });
    }
    return Promise.reject(new EtcdFailure(fate, "m1", fate));
  };
  const ports = { changed: () => {}, foreign: () => {}, decided: () => {} };
  const replica = new Replica(keys, { transact } as unknown as EtcdApi, ports);
  replica.takeList({ revision: 6, keyValues: records }, "7");
  const carrier = new Carrier(replica, new VirtualProcess(time).clock);
  const change = { write: "w9", headRevision: 5, identityRevision: 3 };
  const { value } = headRecord(9, { write: "w9" });
  const operations: Operation[] = [{ kind: "put", key: keys.head, value }];
  let outcome: unknown;
  carrier.carryOut({ leader: undefined, change }, operations).then(
    (verdict) => (outcome = verdict),
    (error: unknown) => (outcome = error instanceof SkeinError ? error.code : error),
  );
  assert.ok(await time.runUntil(() => outcome !== undefined, 10_000));
  return outcome;
}

const cases: [name: string, fates: Fate[], told: string][] = [
  ["it is refused", ["refused"], "store-failed"],
  ["its answer is lost, and it is not there", ["silent", "as-before", "written"], "done"],
  ["its answer is lost, and then it is refused", ["silent", "as-before", "refused"], "outcome-unknown"],
  ["its answer is lost, and the look is refused", ["cut", "refused"], "outcome-unknown"],
  ["it is written in another etcd than the one that is known", ["another-etcd"], "outcome-unknown"],
  ["it never leaves, and then it is refused", ["unreachable", "as-before", "refused"], "store-failed"],
];

for (const [name, fates, expected] of cases) {
  test(`a write is told as ${expected}: ${name}`, async () => {
    assert.equal(await told(...fates), expected);
  });
}
