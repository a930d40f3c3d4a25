import assert from "node:assert/strict";
import { test } from "node:test";
import { BestOf, type LookRule } from "./best-of.ts";
import type { Candidate } from "./candidate.ts";
import { newLatency } from "./latency.ts";

interface Worker extends Candidate {
  costs: number;
  inFlight: number;
}

/** Costs what each worker says, and counts the workers looked at. */
class Told extends BestOf<Worker> {
  looked = 0;

  protected override cost({ costs }: Worker): number {
    this.looked += 1;
    return costs;
  }
}

const contentRule: LookRule = { looks: 5, alikeFactor: 1.1, contentWithIdle: true };

function worker(at: number, costs: number): Worker {
  return { id: `w-${at}`, weight: 1, liveSince: -1e9, inFlight: 0, latency: newLatency(0), costs };
}

/** The draws go round: the next worker each time. */
function goingRound(workers: number): () => number {
  let at = -1;
  return () => {
    at = (at + 1) % workers;
    return at / workers;
  };
}

function policyOf(costs: readonly number[], rule: LookRule): Told {
  const policy = new Told(0, goingRound(costs.length), rule);
  costs.forEach((cost, at) => policy.add(worker(at, cost)));
  return policy;
}

function lookedAt(policy: Told, choices: number): number {
  policy.looked = 0;
  for (let choice = 0; choice < choices; choice += 1) policy.choose(0);
  return policy.looked / choices;
}

test("who is content with an idle one looks at one where all are alike, however many there are", () => {
  for (const many of [3, 100, 10_000]) {
    const policy = policyOf(
      Array.from({ length: many }, () => 10),
      contentRule,
    );
    lookedAt(policy, 2_000);
    assert.equal(lookedAt(policy, 100), 1, String(many));
  }
});

test("where the first costs more than those chosen lately, it looks on, and takes the least", () => {
  const policy = policyOf([10, 10, 10, 10, 10, 10, 50, 40, 30, 20], contentRule);
  for (let choice = 0; choice < 2_000; choice += 1) {
    const before = policy.looked;
    const chosen = policy.choose(0);
    const looks = policy.looked - before;
    assert.ok(looks <= 5 && (chosen?.costs === 10 || looks === 5), `${chosen?.costs} after ${looks}`);
  }
});

test("when all become dearer, it learns what is usual now", () => {
  const policy = new Told(0, goingRound(10), contentRule);
  const workers = Array.from({ length: 10 }, (_, at) => worker(at, 10));
  for (const each of workers) policy.add(each);
  lookedAt(policy, 2_000);
  for (const each of workers) each.costs = 40;
  assert.equal(lookedAt(policy, 50), 5);
  lookedAt(policy, 2_000);
  assert.equal(lookedAt(policy, 100), 1);
});

test("a busy one is compared, whatever it costs", () => {
  const policy = new Told(0, goingRound(10), contentRule);
  const workers = Array.from({ length: 10 }, (_, at) => worker(at, 10));
  for (const each of workers) policy.add(each);
  lookedAt(policy, 2_000);
  for (const each of workers) each.inFlight = 1;
  assert.equal(lookedAt(policy, 100), 5);
});

test("who is not content looks at all it may", () => {
  const policy = policyOf(
    Array.from({ length: 10 }, () => 10),
    { ...contentRule, contentWithIdle: false },
  );
  lookedAt(policy, 2_000);
  assert.equal(lookedAt(policy, 100), 5);
});
