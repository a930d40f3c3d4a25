import assert from "node:assert/strict";
import { test } from "node:test";
import { event, lead } from "../../../test/contract/store-contract.ts";
import { seededRandom } from "../../runtime/random.ts";
import { World } from "./testing-world.ts";

test("pages that somebody changed are passed over, each told once; the others are read, also by small steps", async () => {
  const world = new World(seededRandom(3));
  const { store, warned } = world.sites[0]!;
  await world.pass(store.open());
  const lease = await world.pass(lead(store, "a"));
  for (const message of ["one", "two", "three", "four", "five"])
    await world.pass(store.write(lease, [event(message)]));
  const keys = world.etcd.keyValues.map(({ key }) => key).filter((key) => key.includes("/events/"));
  for (const [index, value] of [
    [0, "oops"],
    [2, '{"id":3}'],
    [3, "[null]"],
  ] as const)
    world.etcd.transact({ compare: [], success: [{ kind: "put", key: keys[index] ?? "", value }] });
  const read = async (afterId: number, limit: number): Promise<string[]> =>
    (await world.pass(store.events(afterId, limit))).map(({ message }) => message);
  assert.deepEqual(await read(0, 100), ["two", "five"]);
  assert.deepEqual([await read(0, 1), await read(2, 1), await read(5, 1)], [["two"], ["five"], []]);
  assert.deepEqual(warned, [keys[0], keys[2], keys[3]]);
});
