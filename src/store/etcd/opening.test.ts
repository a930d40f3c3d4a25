import assert from "node:assert/strict";
import { test } from "node:test";
import { lead } from "../../../test/contract/store-contract.ts";
import { seededRandom } from "../../runtime/random.ts";
import { callDeadlineMs } from "./client.ts";
import { World } from "./testing-world.ts";

test("where something is known, a start waits for one silent member, however many there are", async () => {
  const world = new World(seededRandom(3));
  const [before, after] = [world.sites[0]!, world.sites[1]!];
  await world.pass(before.store.open());
  await world.pass(lead(before.store, "a"));
  after.known = before.known;
  for (const endpoint of world.members.endpoints) world.members.pause(endpoint);
  const startedAt = world.time.nowMs;
  await world.pass(after.store.open());
  assert.equal(world.time.nowMs - startedAt, callDeadlineMs);
  assert.equal(after.store.lastKnown?.leadership.holder, "a");

  const last = world.sites[2]!;
  await assert.rejects(world.pass(last.store.open()), /silent/);
  assert.equal(world.time.nowMs - startedAt, callDeadlineMs * (1 + world.members.endpoints.length));
});
