import assert from "node:assert/strict";
import { test } from "node:test";
import { unconfiguredService } from "./defaults.ts";
import { claimant, TestEnd, TestRegistry } from "./testing-registry.ts";

const link = { port: 50_001, key: "ab".repeat(32), sealed: true } as const;
const address = "10.0.0.4:8001";

/** A worker on another host, whose checks are refused; what is shown and told of it. */
async function refusedWorker(services: Parameters<TestRegistry["configure"]>[0]) {
  const one = new TestRegistry().configure(services);
  const session = one.registry.openSession({ ...claimant("w1"), address, link }, "x", new TestEnd());
  await one.time.run(100);
  one.behaviours.set(address, "refuses");
  session.lost();
  await one.time.run(100);
  const [view] = one.registry.views();
  return { view, told: one.announced.at(-1)?.message };
}

test("whose requests go through the port of its link is shown with that port, and is out at that port", async () => {
  const { view, told } = await refusedWorker([]);
  const reason = "connections to it are refused, at 10.0.0.4:50001, the port of its link";
  assert.deepEqual([view?.address, view?.requestsAt, view?.reason], [address, "10.0.0.4:50001", reason]);
  assert.equal(told, `web/w1 (${address}) is out: ${reason}`);
});

test("whose service has TLS of its own is spoken to at its address", async () => {
  const { view, told } = await refusedWorker([{ ...unconfiguredService("web"), tls: { verify: true } }]);
  assert.deepEqual([view?.requestsAt, view?.reason], [undefined, "connections to it are refused"]);
  assert.equal(told, `web/w1 (${address}) is out: connections to it are refused`);
});
