import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveProxy } from "../live.ts";
import { keyOf } from "./cluster.ts";
import { rateOf, workerTrafficBetween } from "./worker-traffic.ts";

function proxies(answers: number, errors: number, instance = "i", upMs?: number): Map<string, LiveProxy> {
  const latency = [answers, ...Array.from({ length: 13 }, () => 0)];
  const one: LiveProxy = {
    proxy: "p",
    instance,
    connections: { open: 0, accepted: 0, refused: 0 },
    retries: { taken: 0, denied: 0 },
    services: {},
    ...(upMs === undefined ? {} : { upMs }),
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

test("while one of the proxies is silent nothing is known of a worker, and its return is no peak", () => {
  const at = (answers: number, upMs: number): Map<string, LiveProxy> => proxies(answers, 0, "i", upMs);
  const before = at(1_000, 60_000);
  const silent = new Map(at(1_200, 62_000)).set("q", before.get("q") as LiveProxy);
  const rates = workerTrafficBetween(before, silent, 2_000);
  assert.equal(rateOf(rates, key), undefined);
  assert.equal(rateOf(rates, keyOf("orders", "other")), undefined, "it may have asked any");
  const late = new Map(at(3_000, 80_000)).set("q", before.get("q") as LiveProxy);
  assert.equal(rateOf(workerTrafficBetween(late, at(3_200, 82_000), 2_000), key), undefined);
  assert.equal(rateOf(workerTrafficBetween(before, at(1_300, 63_000), 2_000), key)?.perSecond, 200);
});

test("who comes into a report that left it out before has no peak", () => {
  const before = proxies(10, 0);
  for (const [name, proxy] of before) before.set(name, { ...proxy, workers: [], workersLeftOut: 1 });
  assert.equal(rateOf(workerTrafficBetween(before, proxies(9_000, 0), 1_000), key), undefined);
});
