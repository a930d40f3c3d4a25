import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../runtime/random.ts";
import { Balancer } from "./balancer.ts";
import type { Candidate, Policy } from "./candidate.ts";
import { newLatency } from "./latency.ts";

interface Worker extends Candidate {
  inFlight: number;
  maxInFlight?: number;
}

const longAgo = -1_000_000;

function workers(many: number, more: Partial<Worker> = {}): Worker[] {
  return Array.from({ length: many }, (_, at) => ({
    id: `w${at}`,
    weight: 1,
    liveSince: longAgo,
    inFlight: 0,
    latency: newLatency(0),
    ...more,
  }));
}

interface Watched {
  readonly candidates: Balancer<Worker>;
  /** A request begins: on whom. */
  readonly begin: (now: number) => Worker;
  readonly end: (worker: Worker) => void;
}

function watched(all: readonly Worker[], aperture?: number | "all", policy: Policy = "least-wait"): Watched {
  const settings = { policy, slowStartMs: 10_000, ...(aperture === undefined ? {} : { aperture }) };
  const candidates = new Balancer<Worker>(settings, seededRandom(5));
  for (const worker of all) candidates.add(worker);
  const change = (worker: Worker, by: number): void => {
    worker.inFlight += by;
    candidates.loadChanged(worker);
  };
  return {
    candidates,
    begin(now) {
      const worker = candidates.pick(now);
      assert.ok(worker !== undefined);
      change(worker, 1);
      return worker;
    },
    end: (worker) => change(worker, -1),
  };
}

/** Who gets requests that come one after the other. */
function usedBy(
  { begin, end }: Watched,
  requests: number,
  now: (request: number) => number,
): Map<Worker, number> {
  const used = new Map<Worker, number>();
  for (let request = 0; request < requests; request += 1) {
    const worker = begin(now(request));
    end(worker);
    used.set(worker, (used.get(worker) ?? 0) + 1);
  }
  return used;
}

/** A request every 100 ms, each over before the next. */
function calm(crowd: Watched, fromS: number, toS: number): Map<Worker, number> {
  return usedBy(crowd, (toS - fromS) * 10, (request) => fromS * 1_000 + request * 100);
}

test("while one worker could serve all requests, some 64 of 10,000 are used soon, and others by turns", () => {
  const crowd = watched(workers(10_000));
  calm(crowd, 0, 120);
  const used = usedBy(crowd, 20_000, (request) => 120_000 + request / 2).size;
  assert.ok(used >= 64 && used < 64 + 5 * 10, `${used} used in ten seconds`);
});

test("time without requests is calm as well", () => {
  const crowd = watched(workers(10_000));
  usedBy(crowd, 1, () => 0);
  const used = usedBy(crowd, 20_000, () => 600_000).size;
  assert.ok(used < 100, String(used));
});

test("with `all`, and by a policy that goes in turns, everybody is used", () => {
  for (const [aperture, policy] of [
    ["all", "least-wait"],
    [16, "round-robin"],
  ] as const) {
    const crowd = watched(workers(1_000), aperture, policy);
    calm(crowd, 0, 600);
    assert.equal(usedBy(crowd, 20_000, () => 600_000).size, 1_000, policy);
  }
});

test("a burst is met by many more than were used before it", () => {
  const all = workers(2_000);
  const crowd = watched(all, 64);
  calm(crowd, 0, 600);
  for (let request = 0; request < 1_000; request += 1) crowd.begin(600_000);
  const most = Math.max(...all.map(({ inFlight }) => inFlight));
  assert.ok(most <= 2, `${most} requests on one, where 1,000 came at once to 64 of 2,000`);
});

test("workers that are busy all the time are all used, as without it", () => {
  const all = workers(500);
  const crowd = watched(all, 64);
  const busy: Worker[] = [];
  const used = new Set<Worker>();
  for (let request = 0; request < 200_000; request += 1) {
    const worker = crowd.begin(request);
    busy.push(worker);
    if (request > 100_000) used.add(worker);
    const oldest = busy.length > 300 ? busy.shift() : undefined;
    if (oldest !== undefined) crowd.end(oldest);
  }
  assert.equal(used.size, 500);
});

test("after a burst fewer are used again; and in time everybody is", () => {
  const crowd = watched(workers(2_000), 64);
  const busy = Array.from({ length: 2_000 }, () => crowd.begin(0));
  for (const worker of busy) crowd.end(worker);
  calm(crowd, 0, 300);
  const used = calm(crowd, 300, 360).size;
  assert.ok(used < 64 + 5 * 60, `${used} used in a minute`);
  // Drawn evenly, of 10,800 turns 99.5 % get one, and so on.
  assert.ok(calm(crowd, 360, 360 + 3 * 3_600).size > 1_980, "nearly each has had its turn");
});

test("a worker that leaves makes room, a full one as well, and one that is tried is not asked again", () => {
  const all = workers(100, { maxInFlight: 1 });
  const crowd = watched(all, 8);
  calm(crowd, 0, 600);
  const first = usedBy(crowd, 500, () => 600_000);
  for (const worker of first.keys()) crowd.candidates.remove(worker);
  const second = usedBy(crowd, 500, () => 600_000);
  assert.equal(second.size, 8);
  const tried = [...second.keys()];
  const other = crowd.candidates.pick(600_000, tried);
  assert.ok(other !== undefined && !tried.includes(other));
  for (let request = first.size; request < 100; request += 1) crowd.begin(600_000);
  assert.equal(crowd.candidates.pick(600_000), undefined, "each of those left is full");
});

test("a worker that joins is inside, and gets no more than its slow-start share", () => {
  const old = workers(500);
  const crowd = watched(old, 100);
  calm(crowd, 0, 600);
  const [young] = workers(1, { id: "young", liveSince: 600_000, latency: newLatency(600_000) });
  assert.ok(young !== undefined);
  crowd.candidates.add(young);
  const used = usedBy(crowd, 50_000, () => 601_000);
  const share = (used.get(young) ?? 0) / (50_000 / used.size);
  assert.ok(share > 0.05 && share < 0.2, String(share));
});

test("whatever comes and goes, there is a choice just as long as somebody is free and was not tried", () => {
  const step = fc.record({
    what: fc.constantFrom("add", "remove", "begin", "end", "retry"),
    at: fc.nat(29),
    laterMs: fc.nat(1_500),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const all = workers(30, { maxInFlight: 2 });
      const { candidates } = watched([], 4);
      let now = 0;
      for (const { what, at, laterMs } of steps) {
        now += laterMs;
        const worker = all[at];
        assert.ok(worker !== undefined);
        if (what === "add") candidates.add(worker);
        else if (what === "remove") candidates.remove(worker);
        else if (what === "end") {
          if (worker.inFlight > 0) worker.inFlight -= 1;
          candidates.loadChanged(worker);
        } else {
          const tried = what === "retry" ? all.slice(at, at + 3) : [];
          const free = all.some((each) => candidates.isFree(each) && !tried.includes(each));
          const chosen = candidates.pick(now, tried);
          assert.equal(chosen !== undefined, free);
          if (chosen === undefined) continue;
          assert.ok(candidates.isFree(chosen) && !tried.includes(chosen));
          chosen.inFlight += 1;
          candidates.loadChanged(chosen);
        }
      }
    }),
  );
});
