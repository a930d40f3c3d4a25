import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { allFull, buildBalancingSet, pick } from "./balancer.ts";
import type { Candidate, Policy } from "./candidate.ts";
import { newPeakEwma, observeLatency } from "./latency.ts";

const policies: Policy[] = ["p2c", "round-robin", "random", "least-in-flight"];
const longAgo = -1_000_000;

interface Worker extends Candidate {
  name: string;
  inFlight: number;
}

function worker(name: string, more: Partial<Worker> = {}): Worker {
  return { name, weight: 1, liveSince: longAgo, inFlight: 0, latency: newPeakEwma(0), ...more };
}

/** Chance that repeats: a linear congruential generator, good enough for shares of a thousand draws. */
function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** How often each is picked when every request ends before the next begins. */
function shares(policy: Policy, workers: Worker[], picks: number, now = 0): Record<string, number> {
  const chance = chanceFrom(7);
  const set = buildBalancingSet(policy, workers, 10_000, chance);
  const counts: Record<string, number> = {};
  for (let step = 0; step < picks; step += 1) {
    const name = pick(set, now, chance)?.name ?? "nobody";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

for (const policy of policies) {
  test(`${policy}: equals share evenly`, () => {
    const counts = shares(policy, [worker("a"), worker("b"), worker("c")], 3000);
    for (const name of ["a", "b", "c"]) assert.ok(Math.abs((counts[name] ?? 0) - 1000) < 120, name);
  });

  test(`${policy}: never a full, weightless or excluded one; nobody rather than those`, () => {
    const any = fc.array(
      fc.record({
        weight: fc.constantFrom(0, 1, 2, 7),
        inFlight: fc.integer({ min: 0, max: 3 }),
        maxInFlight: fc.constantFrom(undefined, 1, 2),
        liveSince: fc.constantFrom(longAgo, 0),
        tried: fc.boolean(),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(any, fc.integer(), (specs, seed) => {
        const workers = specs.map((spec, at) => ({ ...worker(String(at)), ...spec }));
        const excluded = workers.filter(({ tried }) => tried);
        const usable = workers.filter(
          ({ weight, inFlight, maxInFlight, tried }) =>
            weight > 0 && !tried && (maxInFlight === undefined || inFlight < maxInFlight),
        );
        const chance = chanceFrom(seed);
        const set = buildBalancingSet(policy, workers, 10_000, chance);
        for (let step = 0; step < 5; step += 1) {
          const picked = pick(set, 1, chance, excluded);
          if (usable.length === 0) assert.equal(picked, undefined);
          else assert.ok(picked !== undefined && usable.includes(picked));
        }
      }),
    );
  });
}

for (const policy of ["p2c", "round-robin", "random"] as const) {
  test(`${policy}: shares follow the weights`, () => {
    const counts = shares(
      policy,
      [worker("a", { weight: 6 }), worker("b", { weight: 3 }), worker("c")],
      10_000,
    );
    for (const [name, expected] of [
      ["a", 6000],
      ["b", 3000],
      ["c", 1000],
    ] as const) {
      assert.ok(Math.abs((counts[name] ?? 0) - expected) < 250, `${name}: ${counts[name]}`);
    }
  });

  test(`${policy}: a new worker starts with a small share that grows`, () => {
    const early = shares(policy, [worker("old"), worker("new", { liveSince: 0 })], 4000, 1_000);
    const late = shares(policy, [worker("old"), worker("new", { liveSince: 0 })], 4000, 8_000);
    assert.ok((early["new"] ?? 0) < 800, `early ${early["new"]}`);
    assert.ok((late["new"] ?? 0) > (early["new"] ?? 0) * 1.5, `late ${late["new"]}`);
  });
}

test("round-robin is smooth: the heavy worker's turns are spread", () => {
  const set = buildBalancingSet(
    "round-robin",
    [worker("a", { weight: 2 }), worker("b"), worker("c")],
    0,
    () => 0,
  );
  const order = Array.from({ length: 8 }, () => pick(set, 0, () => 0)?.name).join("");
  assert.equal(order.replaceAll("a", "").length, 4);
  assert.doesNotMatch(order, /aaa|bb|cc/);
});

test("round-robin: one who was full for long gets no burst afterwards", () => {
  const busy = worker("busy", { maxInFlight: 1, inFlight: 1 });
  const set = buildBalancingSet("round-robin", [busy, worker("b"), worker("c")], 0, () => 0);
  for (let step = 0; step < 300; step += 1) assert.notEqual(pick(set, 0, () => 0)?.name, "busy");
  busy.inFlight = 0;
  const names = Array.from({ length: 9 }, () => pick(set, 0, () => 0)?.name);
  assert.ok(names.filter((name) => name === "busy").length <= 4, names.join(" "));
});

test("p2c avoids the slow and the busy", () => {
  const slow = worker("slow");
  observeLatency(slow.latency, 500, 0);
  const counts = shares("p2c", [slow, worker("b"), worker("c")], 3000);
  assert.ok((counts["slow"] ?? 0) < 60, `slow got ${counts["slow"]}`);
  const busy = shares("p2c", [worker("busy", { inFlight: 9 }), worker("b"), worker("c")], 3000);
  assert.ok((busy["busy"] ?? 0) < 60, `busy got ${busy["busy"]}`);
});

test("least-in-flight takes the least loaded in proportion to the weight", () => {
  const workers = [
    worker("a", { inFlight: 3, weight: 4 }),
    worker("b", { inFlight: 2 }),
    worker("c", { inFlight: 5 }),
  ];
  const set = buildBalancingSet("least-in-flight", workers, 0, () => 0);
  assert.equal(pick(set, 0, () => 0)?.name, "a");
});

test("allFull tells a full service from an empty one", () => {
  const full = worker("full", { inFlight: 1, maxInFlight: 1 });
  const free = worker("free");
  const set = buildBalancingSet("p2c", [full, free], 0, () => 0);
  assert.equal(allFull(set), false);
  assert.equal(allFull(set, [free]), true);
  assert.equal(allFull(set, [free, full]), false);
});

test("p2c: a worker where requests wait in silence is avoided before its latency can show it", () => {
  const silent = worker("silent", { inFlight: 1, silentSince: 900 });
  const slow = worker("slow", { inFlight: 1 });
  observeLatency(slow.latency, 20, 1000);
  const counts = shares("p2c", [silent, slow], 1000, 1000);
  assert.equal(counts["silent"] ?? 0, 0);
});

test("p2c: silence that lies in the future, or none, costs nothing", () => {
  const counts = shares("p2c", [worker("a", { silentSince: Infinity }), worker("b")], 1000, 1000);
  assert.ok((counts["a"] ?? 0) > 400 && (counts["b"] ?? 0) > 400);
});
