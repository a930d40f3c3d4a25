import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import { overridesMax, type StoreChange, writeMax } from "../store.ts";
import type { EtcdApi } from "./api.ts";
import type { Carrier } from "./carrier.ts";
import { Replica } from "./replica.ts";
import type { Seat } from "./seat.ts";
import { headRecord, identityRecord, overrideRecord, testKeys as keys } from "./testing-records.ts";
import type { Operation } from "./wire.ts";
import { Writer } from "./writer.ts";

/** A store with `drains` drains in which each transaction meets with the next verdict; notes the keys it was to write. */
function scene(drains: number, ...verdicts: ("done" | "behind")[]) {
  const time = new VirtualTime();
  const ports = { changed: () => {}, foreign: () => {}, decided: () => {} };
  const replica = new Replica(keys, {} as EtcdApi, ports);
  const sent: string[][] = [];
  let revision = 10;
  const list = (count: number): void => {
    const overrides = Array.from({ length: count }, (_, index) => overrideRecord(5, `w${index}`));
    const head = headRecord((revision += 1), { overrides: count });
    replica.takeList({ revision, keyValues: [identityRecord(3), head, ...overrides] }, "7");
  };
  list(drains);
  const carrier: Pick<Carrier, "carryOut"> = {
    carryOut: (_attempt, operations: readonly Operation[]) => {
      const verdict = verdicts.shift() ?? "done";
      if (verdict === "behind") return Promise.resolve(verdict);
      sent.push(operations.map(({ key }) => key).filter((key) => key !== keys.head));
      replica.takeOwn(operations, (revision += 1));
      return Promise.resolve(verdict);
    },
  };
  const by = { found: drains };
  const writer = new Writer({
    replica,
    seat: { recordOf: ({ holder }) => ({ createRevision: 1, holder }) } as Pick<Seat, "recordOf"> as Seat,
    carrier: carrier as Carrier,
    clock: new VirtualProcess(time).clock,
    catchUp: async () => list(by.found),
    mend: () => assert.fail("nothing is damaged"),
  });
  return { time, writer, sent, by };
}

const lease = { holder: "a", term: 5 };

const many = (count: number, make: (index: number) => StoreChange): StoreChange[] =>
  Array.from({ length: count }, (_, index) => make(index));

test("a write that does not fit any more once the store was read anew is written next, and not told as done before", async () => {
  const { time, writer, sent, by } = scene(overridesMax, "behind");
  const service = "web";
  // Refused while the store is full of drains, so the weights have the transaction for themselves.
  const drains = many(writeMax.overrides, (index) => ({
    kind: "override",
    service,
    id: `new${index}`,
    drain: true,
  }));
  const weights = many(writeMax.overrides, (index) => ({
    kind: "override",
    service,
    id: `w${index}`,
    weight: index + 1,
  }));
  // Another write, of which this handle learns only now, has made room.
  by.found = overridesMax - writeMax.overrides;
  const told = Promise.all([writer.write(lease, drains), writer.write(lease, weights)]);
  await time.run(1000);
  assert.deepEqual(await told, ["ok", "ok"]);
  const keysOf = (changes: readonly StoreChange[]): string[] =>
    changes.flatMap((change) => (change.kind === "override" ? keys.override(service, change.id) : []));
  assert.deepEqual(sent, [keysOf(drains), keysOf(weights)]);
});
