import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../runtime/random.ts";
import { EtcdFailure } from "./failure.ts";
import { type Site, World } from "./testing-world.ts";

/** `first` leads, `second` stands by. */
async function pair(): Promise<{ world: World; first: Site; second: Site }> {
  const world = new World(seededRandom(3));
  const [first, second] = [world.sites[0]!, world.sites[1]!];
  await world.pass(Promise.all([first.store.open(), second.store.open()]));
  first.election.start();
  await world.time.run(200);
  second.election.start();
  await world.time.run(1500);
  assert.equal(first.election.role.kind, "leader");
  return { world, first, second };
}

test("copied records whose leader's key is bound to no lease have a leader soon after an operator's word", async () => {
  const { world, first, second } = await pair();
  const copied = world.etcd.keyValues.filter(({ key }) => !key.includes("/beats/"));
  world.etcd.beginAnew(1);
  world.etcd.clusterId = "8";
  for (const { key, value } of copied) {
    world.etcd.transact({ compare: [], success: [{ kind: "put", key, value }] });
  }
  for (const { connection } of [first, second]) connection.cutWatches();
  assert.ok(await world.time.runUntil(() => first.store.condition.kind === "held", 5000, 10));
  await world.pass(first.store.decide("republish"));
  assert.ok(await world.time.runUntil(() => world.leaders.length === 1, 5000, 10), "nobody leads");
});

test("a leader's key that stands though its lease is over is removed by who takes the seat", async () => {
  const { world, first, second } = await pair();
  first.process.kill();
  // As if its lease had been lost: nothing ends the key any more.
  world.etcd.revoke = () => {
    throw new EtcdFailure("lease-over", "model", "requested lease not found");
  };
  second.election.holderExited("a");
  assert.ok(await world.time.runUntil(() => second.election.lease !== undefined, 500, 10), "nobody leads");
});
