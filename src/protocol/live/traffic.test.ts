import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveProxy } from "../live.ts";
import { silentBetween } from "./reported-span.ts";
import { quantile, trafficBetween } from "./traffic.ts";

function proxy(
  name: string,
  instance: string,
  requests: number,
  errors = 0,
  more: Partial<LiveProxy> = {},
): [string, LiveProxy] {
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
      ...more,
    },
  ];
}

test("rates are what was counted between two looks", () => {
  const before = new Map([proxy("p1", "a", 100), proxy("p2", "b", 50)]);
  const after = new Map([proxy("p1", "a", 120, 5), proxy("p2", "b", 70)]);
  const traffic = trafficBetween(before, after, 2_000);
  assert.equal(traffic?.perSecond, 20);
  assert.equal(traffic?.errorShare, 5 / 40);
  assert.equal(traffic?.inFlight, 2);
  assert.equal(traffic?.p50Ms, 3.75);
  assert.equal(trafficBetween(before, after, 2_000, { proxy: "p2" })?.perSecond, 10);
  assert.equal(trafficBetween(before, after, 2_000, { service: "other" })?.perSecond, 0);
});

test("a replaced proxy counts from zero, one met for the first time not at all", () => {
  const before = new Map([proxy("p1", "a", 100)]);
  const after = new Map([proxy("p1", "new", 7), proxy("p2", "b", 1_000)]);
  assert.equal(trafficBetween(before, after, 1_000)?.perSecond, 7);
});

/** Two proxies of 100 requests/s each, as at `ms` of the reader; `heardMs`: the last that the second one reported. */
const looked = (ms: number, heardMs = ms): Map<string, LiveProxy> =>
  new Map(
    [
      ["p1", ms],
      ["p2", heardMs],
    ].map(([name, upMs]) => proxy(String(name), "i", Number(upMs) / 10, 0, { upMs: Number(upMs) })),
  );

test("a proxy that no controller hears makes rates unknown, and its return no peak", () => {
  const rate = (
    from: Map<string, LiveProxy>,
    to: Map<string, LiveProxy>,
    proxy?: string,
  ): number | undefined => trafficBetween(from, to, 2_000, proxy === undefined ? {} : { proxy })?.perSecond;
  const [whole, silent] = [looked(60_000), looked(62_000, 60_000)];
  assert.equal(rate(looked(58_000), whole), 200);
  assert.equal(rate(whole, silent), undefined);
  assert.equal(rate(whole, silent, "p1"), 100);
  assert.deepEqual(silentBetween(whole, silent), ["p2"]);
  assert.equal(rate(looked(80_000, 60_000), looked(82_000)), undefined, "what it did in 22 s is not of now");
  assert.equal(rate(looked(80_000), looked(82_000)), 200);
  assert.equal(rate(looked(62_000, 61_000), looked(64_000)), 200, "one report was lost: its own time counts");
  assert.deepEqual(silentBetween(looked(62_000, 61_000), looked(64_000)), []);
});

test("of a proxy that is met for the first time its age says whether it was there before", () => {
  const [before, young] = [new Map([proxy("p1", "a", 0, 0, { upMs: 9_000 })]), looked(1_000)];
  const old = looked(3_600_000);
  young.set(...proxy("p1", "a", 20, 0, { upMs: 11_000 }));
  assert.equal(trafficBetween(before, young, 2_000)?.perSecond, 10 + 100);
  assert.equal(trafficBetween(before, old, 2_000), undefined);
});

test("quantiles: within a bucket, above the last one, of nothing", () => {
  assert.equal(quantile([0, 0], 0.5), undefined);
  assert.equal(quantile([10], 0.5), 0.5);
  assert.equal(quantile([...Array.from({ length: 13 }, () => 0), 4], 0.99), 10_000);
});
