import assert from "node:assert/strict";
import { test } from "node:test";
import type { Policy } from "../../../src/core/balancing/candidate.ts";
import { experiment, type Outcome } from "./experiment.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

// Virtual time and seeds: each outcome is the same on every machine. What is asserted leaves a wide margin to what
// `npm run sim:balance` prints, for every one of the seeds, so that it says something of the policy and not of chance.
const seeds = [1, 2, 3];

function scenario(name: string): Scenario {
  const found = scenarios.find((each) => each.name === name);
  assert.ok(found !== undefined, name);
  return { ...found, measuredMs: Math.min(found.measuredMs, 10_000) };
}

function outcomes(name: string, policy: Policy): Outcome[] {
  return seeds.map((seed) => experiment(scenario(name), policy, seed));
}

/** The worst of one policy against the best of another, over all seeds. */
function worstOver(name: string, ours: Policy, theirs: Policy, of: (outcome: Outcome) => number): number {
  return Math.max(...outcomes(name, ours).map(of)) / Math.min(...outcomes(name, theirs).map(of));
}

test("the same seed gives the same outcome, another seed another", () => {
  const [one, other] = [1, 2].map((seed) => experiment(scenario("collecting"), "least-wait", seed));
  assert.deepEqual(experiment(scenario("collecting"), "least-wait", 1), one);
  assert.notEqual(one?.meanMs, other?.meanMs);
});

test("one server, one worker at a time: the mean is that of an M/M/1 queue", () => {
  const single: Scenario = {
    ...scenario("three"),
    workers: [{ count: 1, behaviour: { kind: "steady", speed: 1 } }],
    measuredMs: 2_000_000,
    utilization: 0.5,
  };
  const { meanMs } = experiment(single, "random", 1);
  const expectedMs = single.serviceMs / (1 - single.utilization);
  assert.ok(Math.abs(meanMs / expectedMs - 1) < 0.03, `${meanMs} ms, not ${expectedMs} ms`);
});

for (const name of ["slow-and-stalling", "slow-and-stalling-plain"]) {
  test(`${name}: the p99 of least-wait is at most half of that of what other proxies do, and nothing fails`, () => {
    for (const theirs of ["least-in-flight", "p2c", "round-robin", "random"] as const) {
      const ratio = worstOver(name, "least-wait", theirs, ({ p99Ms }) => p99Ms);
      assert.ok(ratio <= 0.5, `${theirs}: ${ratio}`);
    }
    assert.ok(outcomes(name, "least-wait").every(({ failed }) => failed === 0));
  });
}

test("where nobody is odd, least-wait costs nothing against the least in flight", () => {
  for (const name of ["equal", "collecting"]) {
    const ratio = worstOver(name, "least-wait", "least-in-flight", ({ p50Ms }) => p50Ms);
    assert.ok(ratio < 1.15, `${name}: ${ratio}`);
  }
});

test("many gateways that see little each do not rush to one worker", () => {
  for (const { imbalance, failed } of outcomes("five-50-gateways", "least-wait")) {
    assert.ok(imbalance < 1.1, `busiest ${imbalance}`);
    assert.equal(failed, 0);
  }
});

// Ejection of slow workers: see docs/balancing.md for the figures.

function ejecting(name: string, policy: Policy): Outcome[] {
  return seeds.map((seed) => experiment(scenario(name), policy, seed, { ejectSlow: true }));
}

for (const name of ["equal", "heterogeneous", "collecting", "neighbours", "stalling", "cold", "three"]) {
  test(`${name}: with a policy that looks at requests, no worker is ever taken out for being slow`, () => {
    for (const policy of ["least-wait", "prequal", "peak-ewma", "p2c", "least-in-flight"] as const)
      for (const { ejected } of ejecting(name, policy)) assert.deepEqual(ejected, [], policy);
  });
}

test("slow: only the slow worker is taken out, and where the policy does not see it that is a gain", () => {
  for (const policy of ["least-wait", "p2c", "least-in-flight", "round-robin", "random"] as const)
    for (const { ejected } of ejecting("slow", policy))
      assert.ok(
        ejected.every((worker) => worker === 4),
        `${policy}: ${ejected.join(", ")}`,
      );
  for (const policy of ["p2c", "least-in-flight"] as const) {
    const without = Math.min(...outcomes("slow", policy).map(({ p99Ms }) => p99Ms));
    const within = Math.max(...ejecting("slow", policy).map(({ p99Ms }) => p99Ms));
    assert.ok(within < 0.6 * without, `${policy}: ${within} of ${without} ms`);
  }
});
