import assert from "node:assert/strict";
import { test } from "node:test";
import { missingEtcd } from "../etcd/etcd-cluster.ts";
import { change, TwoGateways, untilLeader } from "../etcd/two-gateways.ts";

test("two gateways with one etcd are one cluster of controllers", { skip: missingEtcd() }, async (t) => {
  const two = await TwoGateways.start(t);
  const { one, other, address } = two;
  const first = await untilLeader(one, ({ self }) => self);
  const seen = await untilLeader(other, () => true);
  assert.deepEqual([seen.instance, seen.name], [first.instance, "at another gateway"]);

  // What an operator says where the leader is counts at both.
  const beyond = await change(other, `/v1/workers/${address}/drain`);
  assert.deepEqual([beyond.status, /another gateway leads/.test(beyond.detail)], [503, true]);
  assert.equal((await change(one, `/v1/workers/${address}/drain`)).status, 200);
  await two.untilState("draining");

  // A polite end of the one hands over to the other, which knows all of it.
  await one.stop();
  const next = await untilLeader(other, ({ self }) => self);
  assert.ok(next.term > first.term);
  assert.equal((await change(other, `/v1/workers/${address}/undrain`)).status, 200);
  assert.equal((await fetch(other.url)).status, 200);
});
