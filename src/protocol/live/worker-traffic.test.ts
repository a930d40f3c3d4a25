import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveProxy } from "../live.ts";
import { keyOf } from "./cluster.ts";
import { rateOf, workerTrafficBetween } from "./worker-traffic.ts";

function proxies(answers: number, errors: number, instance = "i"): Map<string, LiveProxy> {
  const latency = [answers, ...Array.from({ length: 13 }, () => 0)];
  const one: LiveProxy = {
    proxy: "p",
    instance,
    connections: { open: 0, accepted: 0, refused: 0 },
    retries: { taken: 0, denied: 0 },
    services: {},
    workers: [{ service: "orders", id: "a", answers, errors, latency }],
  };
  return new Map([
    ["p", one],
    ["q", { ...one, proxy: "q" }],
  ]);
}

const key = keyOf("orders", "a");

test("what all proxies saw of a worker between two looks", () => {
  const traffic = workerTrafficBetween(proxies(10, 0), proxies(30, 5), 2_000).asked.get(key);
  assert.deepEqual(traffic, { perSecond: 20, errorShare: 0.25, p99Ms: 0.99 });
});

test("another life, and another proxy, count from zero", () => {
  assert.equal(workerTrafficBetween(proxies(100, 0), proxies(4, 0), 1_000).asked.get(key)?.perSecond, 8);
  assert.equal(workerTrafficBetween(proxies(2, 0, "old"), proxies(4, 0), 1_000).asked.get(key)?.perSecond, 8);
  assert.equal(workerTrafficBetween(new Map(), proxies(4, 0), 1_000).asked.get(key), undefined);
});

test("of whom a proxy left out nothing is known; of all others that nothing was asked", () => {
  const other = keyOf("orders", "left-out");
  const whole = workerTrafficBetween(proxies(10, 0), proxies(30, 0), 1_000);
  assert.equal(rateOf(whole, other)?.perSecond, 0);
  const partial = proxies(30, 0);
  for (const [name, proxy] of partial) partial.set(name, { ...proxy, workersLeftOut: 1 });
  const rates = workerTrafficBetween(proxies(10, 0), partial, 1_000);
  assert.equal(rateOf(rates, other), undefined);
  assert.equal(rateOf(rates, key)?.perSecond, 40);
  // One proxy told of it, the other did not: half is not all.
  partial.set("q", { ...(partial.get("p") as LiveProxy), proxy: "q", workers: [] });
  assert.equal(rateOf(workerTrafficBetween(proxies(10, 0), partial, 1_000), key), undefined);
});

test("who comes into a report that left it out before has no peak", () => {
  const before = proxies(10, 0);
  for (const [name, proxy] of before) before.set(name, { ...proxy, workers: [], workersLeftOut: 1 });
  assert.equal(rateOf(workerTrafficBetween(before, proxies(9_000, 0), 1_000), key), undefined);
});
