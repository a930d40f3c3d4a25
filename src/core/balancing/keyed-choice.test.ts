import assert from "node:assert/strict";
import { test } from "node:test";
import { Balancer } from "./balancer.ts";
import { type Candidate, keyedPolicies, type PolicySettings } from "./candidate.ts";
import { hashText } from "./hash.ts";
import { newLatency } from "./latency.ts";

interface Worker extends Candidate {
  inFlight: number;
}

const keys = Array.from({ length: 2_000 }, (_, at) => hashText(`key ${at}`));

function workers(count: number, liveSince = -1_000_000): Worker[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `worker ${at}`,
    weight: 1,
    liveSince,
    inFlight: 0,
    latency: newLatency(0),
  }));
}

function balancer(settings: PolicySettings, all: readonly Worker[]): Balancer<Worker> {
  const made = new Balancer<Worker>(settings, () => 0.5);
  for (const each of all) made.add(each);
  return made;
}

for (const policy of keyedPolicies) {
  test(`${policy}: a key stays with its worker, whatever that has to do`, () => {
    const all = workers(5);
    const candidates = balancer({ policy, slowStartMs: 0 }, all);
    for (const key of keys.slice(0, 50)) {
      const [first] = [candidates.pick(0, [], key)];
      assert.ok(first !== undefined);
      first.inFlight += 100;
      candidates.loadChanged(first);
      assert.equal(candidates.pick(9, [], key), first);
    }
  });

  test(`${policy}: a retry goes elsewhere, always to the same other one`, () => {
    const candidates = balancer({ policy, slowStartMs: 0 }, workers(5));
    for (const key of keys.slice(0, 50)) {
      const first = candidates.pick(0, [], key);
      assert.ok(first !== undefined);
      const second = candidates.pick(0, [first], key);
      assert.ok(second !== undefined && second !== first);
      assert.equal(candidates.pick(0, [first], key), second);
      assert.equal(candidates.pick(0, [], key), first);
    }
  });

  test(`${policy}: a new worker takes over its keys one by one, and no more than its share`, () => {
    const all = workers(4);
    const [newcomer] = workers(1, 0) as [Worker];
    const joined: Worker = { ...newcomer, id: "new" };
    const before = balancer({ policy, slowStartMs: 10_000 }, all);
    const after = balancer({ policy, slowStartMs: 10_000 }, [...all, joined]);
    const taken = (now: number): Set<number> =>
      new Set(keys.filter((key) => after.pick(now, [], key) === joined));
    const [early, late, full] = [taken(1_000), taken(6_000), taken(10_000)];
    assert.ok(early.size > 0 && early.size < keys.length * 0.2 * 0.1 * 1.8, String(early.size));
    assert.ok(late.size > early.size * 3 && late.size < full.size * 0.8, `${late.size} of ${full.size}`);
    for (const key of early) assert.ok(late.has(key) && full.has(key));
    // What it has not taken over yet is where it was, but for what maglev moves.
    const kept = keys.filter(
      (key) => !full.has(key) && after.pick(1_000, [], key) === before.pick(0, [], key),
    );
    assert.ok(kept.length > (keys.length - full.size) * (policy === "maglev" ? 0.9 : 0.999));
  });

  test(`${policy}: with a bound nobody gets more than that, though all want the same`, () => {
    const all = workers(10);
    const candidates = balancer({ policy, slowStartMs: 0, loadBound: 1.25 }, all);
    const [key = 0] = keys;
    const first = candidates.pick(0, [], key);
    for (let requests = 1; requests <= 400; requests += 1) {
      const picked = candidates.pick(0, [], key);
      assert.ok(picked !== undefined);
      picked.inFlight += 1;
      candidates.loadChanged(picked);
      const most = Math.max(...all.map(({ inFlight }) => inFlight));
      assert.ok(most <= Math.ceil((1.25 * requests) / 10), `${most} after ${requests}`);
    }
    assert.equal(Math.max(...all.map(({ inFlight }) => inFlight)), first?.inFlight);
    for (const each of all) {
      each.inFlight = 0;
      candidates.loadChanged(each);
    }
    assert.equal(candidates.pick(0, [], key), first);
  });

  test(`${policy}: what has no key is spread`, () => {
    let draws = 0;
    const candidates = new Balancer<Worker>({ policy, slowStartMs: 0 }, () => (draws += 0.618_034) % 1);
    for (const each of workers(4)) candidates.add(each);
    const seen = new Set(Array.from({ length: 100 }, () => candidates.pick(0)?.id));
    assert.equal(seen.size, 4);
  });
}
