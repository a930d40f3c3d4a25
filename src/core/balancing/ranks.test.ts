import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../runtime/random.ts";
import { Balancer } from "./balancer.ts";
import { type Candidate, policies, type Policy, type Rank, ranks } from "./candidate.ts";
import { newLatency } from "./latency.ts";

interface Worker extends Candidate {
  inFlight: number;
}

function worker(id: string, rank: Rank | undefined, more: Partial<Worker> = {}): Worker {
  return {
    id,
    weight: 1,
    liveSince: -1e9,
    inFlight: 0,
    latency: newLatency(0),
    ...(rank === undefined ? {} : { rank }),
    ...more,
  };
}

function balancer(policy: Policy, workers: readonly Worker[]): Balancer<Worker> {
  const made = new Balancer<Worker>({ policy, slowStartMs: 0 }, seededRandom(3));
  for (const each of workers) made.add(each);
  return made;
}

/** So many requests arrive and none ends: who got how many. */
function flood(candidates: Balancer<Worker>, requests: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let request = 0; request < requests; request += 1) {
    const picked = candidates.pick(0);
    if (picked === undefined) break;
    picked.inFlight += 1;
    candidates.loadChanged(picked);
    counts.set(picked.id, (counts.get(picked.id) ?? 0) + 1);
  }
  return counts;
}

for (const policy of policies) {
  test(`${policy}: the near serve, the far help when the near have twice as much to do, backups never`, () => {
    const workers = [
      worker("backup", ranks.backup),
      worker("far 1", ranks.far),
      worker("far 2", ranks.far),
      worker("near 1", undefined),
      worker("near 2", ranks.near),
    ];
    const candidates = balancer(policy, workers);
    const first = flood(candidates, 4);
    assert.equal((first.get("near 1") ?? 0) + (first.get("near 2") ?? 0), 4, JSON.stringify([...first]));
    flood(candidates, 296);
    const [backup = 0, far1 = 0, far2 = 0, near1 = 0, near2 = 0] = workers.map(({ inFlight }) => inFlight);
    assert.equal(backup, 0);
    const ratio = (near1 + near2) / (far1 + far2);
    assert.ok(ratio > 1.8 && ratio < 2.3, String(ratio));
  });
}

test("the far serve when the near are full, tried or gone; backups when nobody else is free", () => {
  const near = worker("near", ranks.near, { maxInFlight: 1 });
  const far = worker("far", ranks.far, { maxInFlight: 1 });
  const backup = worker("backup", ranks.backup, { maxInFlight: 1 });
  const candidates = balancer("least-wait", [backup, far, near]);
  assert.equal(candidates.pick(0, [near]), far);
  assert.equal(candidates.pick(0, [near, far]), backup);
  assert.equal(candidates.pick(0), near);
  assert.deepEqual([...flood(candidates, 5).keys()], ["near", "far", "backup"]);
  near.inFlight = 0;
  candidates.loadChanged(near);
  assert.equal(candidates.pick(0), near);
  candidates.remove(near);
  assert.equal(candidates.pick(0), undefined);
  far.inFlight = 0;
  candidates.loadChanged(far);
  assert.equal(candidates.pick(0), far);
});

test("whatever came and went, the same rank serves as with a new balancer", () => {
  const change = fc.record({ at: fc.nat(7), what: fc.constantFrom("add", "remove", "begin", "end") });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const workers = Array.from({ length: 8 }, (_, at) => worker(String(at), (at % 3) as Rank));
      const candidates = balancer("least-in-flight", []);
      const inside = new Set<Worker>();
      for (const { at, what } of changes) {
        const one = workers[at] as Worker;
        if (what === "add") inside.add(one);
        if (what === "add") candidates.add(one);
        if (what === "remove") inside.delete(one);
        if (what === "remove") candidates.remove(one);
        if (what === "begin") one.inFlight += 1;
        if (what === "end") one.inFlight = Math.max(0, one.inFlight - 1);
        candidates.loadChanged(one);
      }
      assert.equal(candidates.pick(0)?.rank, balancer("least-in-flight", [...inside]).pick(0)?.rank);
    }),
  );
});
