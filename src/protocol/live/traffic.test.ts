import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveProxy } from "../live.ts";
import { quantile, trafficBetween } from "./traffic.ts";

function proxy(name: string, instance: string, requests: number, errors = 0): [string, LiveProxy] {
  const latency = Array.from({ length: 14 }, () => 0);
  latency[2] = requests;
  const orders = {
    requests,
    byStatusClass: [0, requests - errors, 0, 0, errors],
    inFlight: 1,
    bytesIn: 0,
    bytesOut: 0,
    latency,
    latencySumMs: 0,
  };
  const connections = { open: 0, accepted: 0, refused: 0 };
  return [
    name,
    {
      proxy: name,
      instance,
      connections,
      retries: { taken: 0, denied: 0 },
      services: { orders },
    },
  ];
}

test("rates are what was counted between two looks", () => {
  const before = new Map([proxy("p1", "a", 100), proxy("p2", "b", 50)]);
  const after = new Map([proxy("p1", "a", 120, 5), proxy("p2", "b", 70)]);
  const traffic = trafficBetween(before, after, 2_000);
  assert.equal(traffic.perSecond, 20);
  assert.equal(traffic.errorShare, 5 / 40);
  assert.equal(traffic.inFlight, 2);
  assert.equal(traffic.p50Ms, 3.75);
  assert.equal(trafficBetween(before, after, 2_000, { proxy: "p2" }).perSecond, 10);
  assert.equal(trafficBetween(before, after, 2_000, { service: "other" }).perSecond, 0);
});

test("a replaced proxy counts from zero, one met for the first time not at all", () => {
  const before = new Map([proxy("p1", "a", 100)]);
  const after = new Map([proxy("p1", "new", 7), proxy("p2", "b", 1_000)]);
  assert.equal(trafficBetween(before, after, 1_000).perSecond, 7);
});

test("quantiles: within a bucket, above the last one, of nothing", () => {
  assert.equal(quantile([0, 0], 0.5), undefined);
  assert.equal(quantile([10], 0.5), 0.5);
  assert.equal(quantile([...Array.from({ length: 13 }, () => 0), 4], 0.99), 10_000);
});
