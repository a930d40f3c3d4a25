import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllersReply } from "../../src/protocol/discovery.ts";
import { missingEtcd } from "../etcd/etcd-cluster.ts";
import { change, read, TwoGateways, untilLeader } from "../etcd/two-gateways.ts";

test("two gateways with one etcd are one cluster of controllers", { skip: missingEtcd() }, async (t) => {
  const two = await TwoGateways.start(t);
  const { one, other, address } = two;
  const first = await untilLeader(one, ({ self }) => self);
  // That somebody leads is told by the election; who that is, when the controllers have found each other.
  const seen = await untilLeader(other, ({ url }) => url !== "");
  assert.equal(seen.instance, first.instance);
  assert.match(seen.name, /^[A-Za-z0-9.-]+\/controller-1$/);

  // What an operator says counts at both, wherever it is said.
  const { controllers } = await read<ControllersReply>(other, "/v1/controllers");
  assert.equal(controllers.length, 2);
  assert.equal((await change(other, `/v1/workers/${address}/drain`)).status, 200);
  await two.untilState("draining");
  assert.equal((await change(one, `/v1/workers/${address}/undrain`)).status, 200);
  await two.untilState("live");
  assert.equal((await change(other, `/v1/workers/${address}/drain`)).status, 200);
  await two.untilState("draining");

  // A polite end of the one hands over to the other, which knows all of it.
  await one.stop();
  const next = await untilLeader(other, ({ self }) => self);
  assert.ok(next.term > first.term);
  assert.equal((await change(other, `/v1/workers/${address}/undrain`)).status, 200);
  assert.equal((await fetch(other.url)).status, 200);
});
