import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Balancer } from "./balancer.ts";
import { type Candidate, policies, type Policy, type Room } from "./candidate.ts";
import { newLatency, observeLatency } from "./latency.ts";

const longAgo = -1_000_000;
/** Its table is made anew after each change: dear, where every run changes much. */
const runsOf = (policy: Policy): { numRuns: number } => ({ numRuns: policy === "maglev" ? 10 : 100 });

interface Worker extends Candidate {
  name: string;
  inFlight: number;
}

function worker(name: string, more: Partial<Worker> = {}): Worker {
  return { id: name, name, weight: 1, liveSince: longAgo, inFlight: 0, latency: newLatency(0), ...more };
}

/** Chance that repeats: a linear congruential generator, good enough for shares of a thousand draws. */
function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

function balancer<W extends Worker>(
  policy: Policy,
  workers: readonly W[],
  slowStartMs: number,
  chance: () => number,
): Balancer<W> {
  const made = new Balancer<W>({ policy, slowStartMs }, chance);
  for (const each of workers) made.add(each);
  return made;
}

/** How often each is picked when every request ends before the next begins. */
function shares(policy: Policy, workers: Worker[], picks: number, now = 0): Record<string, number> {
  const chance = chanceFrom(7);
  const candidates = balancer(policy, workers, 10_000, chance);
  const counts: Record<string, number> = {};
  for (let step = 0; step < picks; step += 1) {
    const name = candidates.pick(now)?.name ?? "nobody";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

for (const policy of policies) {
  test(`${policy}: equals share evenly`, () => {
    const counts = shares(policy, [worker("a"), worker("b"), worker("c")], 3000);
    for (const name of ["a", "b", "c"]) assert.ok(Math.abs((counts[name] ?? 0) - 1000) < 120, name);
  });

  test(`${policy}: never a full, weightless or tried one; nobody rather than those`, () => {
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
        const candidates = balancer<(typeof workers)[0]>(policy, workers, 10_000, chanceFrom(seed));
        for (let step = 0; step < 5; step += 1) {
          const picked = candidates.pick(1, excluded);
          if (usable.length === 0) assert.equal(picked, undefined);
          else assert.ok(picked !== undefined && usable.includes(picked));
        }
      }),
      runsOf(policy),
    );
  });
}

for (const policy of policies.filter((each) => each !== "least-in-flight")) {
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
  const workers = [worker("a", { weight: 2 }), worker("b"), worker("c")];
  const candidates = balancer("round-robin", workers, 0, () => 0);
  const order = Array.from({ length: 8 }, () => candidates.pick(0)?.name).join("");
  assert.equal(order.replaceAll("a", "").length, 4);
  assert.doesNotMatch(order, /aaa|bb|cc/);
});

test("round-robin: one who was full for long gets no burst afterwards", () => {
  const busy = worker("busy", { maxInFlight: 1, inFlight: 1 });
  const candidates = balancer("round-robin", [busy, worker("b"), worker("c")], 0, () => 0);
  for (let step = 0; step < 300; step += 1) assert.notEqual(candidates.pick(0)?.name, "busy");
  busy.inFlight = 0;
  candidates.loadChanged(busy);
  const names = Array.from({ length: 9 }, () => candidates.pick(0)?.name);
  assert.ok(names.filter((name) => name === "busy").length <= 4, names.join(" "));
});

for (const policy of policies) {
  test(`${policy}: a new worker never gets more than its slow-start share, idle as it is among the busy`, () => {
    const picks = 20_000;
    for (const [now, share] of [
      [500, 0.1],
      [5_000, 0.5],
    ] as const) {
      const busy = Array.from({ length: 9 }, (_, at) => worker(`busy-${at}`, { inFlight: 1 + (at % 3) }));
      for (const each of busy) observeLatency(each.latency, 50, now);
      const counts = shares(policy, [...busy, worker("new", { liveSince: 0 })], picks, now);
      const allowed = (picks * share) / (9 + share);
      assert.ok((counts["new"] ?? 0) > 0, "it gets nothing");
      assert.ok(
        (counts["new"] ?? 0) < allowed * 1.3,
        `${counts["new"]} where ${allowed.toFixed(0)} are allowed`,
      );
    }
  });
}

for (const policy of ["least-wait", "prequal", "peak-ewma", "p2c", "least-in-flight"] as const) {
  test(`${policy} avoids the busy`, () => {
    const counts = shares(policy, [worker("busy", { inFlight: 9 }), worker("b"), worker("c")], 3000);
    assert.ok((counts["busy"] ?? 0) < 60, `busy got ${counts["busy"]}`);
  });
}

const byLatency = ["least-wait", "prequal", "peak-ewma"] as const;

for (const policy of byLatency) {
  test(`${policy} avoids the slow`, () => {
    const slow = worker("slow");
    observeLatency(slow.latency, 500, 0);
    const [b, c] = [worker("b"), worker("c")];
    for (const each of [b, c]) observeLatency(each.latency, 10, 0);
    const counts = shares(policy, [slow, b, c], 3000);
    assert.ok((counts["slow"] ?? 0) < 60, `slow got ${counts["slow"]}`);
  });

  test(`${policy}: a worker that has not answered yet is no faster than the others`, () => {
    const known = ["a", "b", "c"].map((name) => worker(name));
    for (const each of known) observeLatency(each.latency, 20, 0);
    const counts = shares(policy, [...known, worker("new")], 4000);
    assert.ok((counts["new"] ?? 0) < 1300, `new got ${counts["new"]}`);
  });

  test(`${policy}: silence that lies in the future, or none, costs nothing`, () => {
    const counts = shares(policy, [worker("a", { silentSince: Infinity }), worker("b")], 1000, 1000);
    assert.ok((counts["a"] ?? 0) > 400 && (counts["b"] ?? 0) > 400);
  });
}

for (const policy of byLatency) {
  test(`${policy}: the fastest gets more than its weight says, but in proportion to it`, () => {
    for (const many of [2, 3, 5, 20]) {
      for (const weight of [0.01, 0.1, 1]) {
        const light = worker("light", { weight });
        const others = Array.from({ length: many - 1 }, (_, at) => worker(`other-${at}`));
        observeLatency(light.latency, 15, 0);
        for (const each of others) observeLatency(each.latency, 20, 0);
        const got = shares(policy, [light, ...others], 20_000)["light"] ?? 0;
        const fair = (20_000 * weight) / (many - 1 + weight);
        // As often as it is looked at.
        const most = Math.min(many, 5) * fair;
        assert.ok(got > fair / 2 && got < 1.2 * most + 20, `${got} of ${many} with ${weight}: ${fair}`);
      }
    }
  });
}

test("who would have to let a request wait is free, and not free at once", () => {
  const crowded = { ...worker("crowded"), room: "last" as Room };
  const other = { ...worker("other"), room: "free" as Room };
  const candidates = balancer("least-in-flight", [crowded, other], 0, () => 0);
  assert.deepEqual([candidates.servesAtOnce([]), candidates.servesAtOnce([other])], [true, false]);
  assert.ok(candidates.hasFreeOtherThan([other]));
  other.room = "last";
  candidates.loadChanged(other);
  assert.deepEqual([candidates.servesAtOnce([]), candidates.hasFreeOtherThan([])], [false, true]);
  assert.ok(candidates.pick(0) !== undefined);
  crowded.room = "free";
  candidates.loadChanged(crowded);
  assert.ok(candidates.servesAtOnce([other]));
  candidates.remove(crowded);
  assert.ok(!candidates.servesAtOnce([]));
});

for (const policy of ["least-wait", "peak-ewma"] as const) {
  test(`${policy}: a worker where requests wait in silence is avoided before its latency can show it`, () => {
    const silent = worker("silent", { inFlight: 1, silentSince: 900 });
    const slow = worker("slow", { inFlight: 1 });
    for (const each of [silent, slow]) observeLatency(each.latency, 20, 1000);
    const counts = shares(policy, [silent, slow], 1000, 1000);
    assert.equal(counts["silent"] ?? 0, 0);
  });
}

for (const policy of ["least-wait", "prequal"] as const) {
  test(`${policy}: what a worker tells of others' requests and of its event loop counts, and fades`, () => {
    const report = { inFlightOfOthers: 0, delayMs: 0, insideMs: 20, at: 0 };
    const workers = (): Worker[] => [
      worker("crowded", { told: { ...report, inFlightOfOthers: 40 } }),
      worker("held-up", { told: { ...report, delayMs: 300 } }),
      worker("free", { told: report }),
    ];
    const fresh = shares(policy, workers(), 3000);
    assert.ok((fresh["free"] ?? 0) > 2800, JSON.stringify(fresh));
    const old = shares(policy, workers(), 3000, 100_000);
    for (const name of ["crowded", "held-up"]) assert.ok((old[name] ?? 0) > 800, JSON.stringify(old));
  });
}

test("least-in-flight takes the least loaded in proportion to the weight", () => {
  const workers = [
    worker("a", { inFlight: 3, weight: 4 }),
    worker("b", { inFlight: 2 }),
    worker("c", { inFlight: 5 }),
  ];
  assert.equal(balancer("least-in-flight", workers, 0, () => 0).pick(0)?.name, "a");
});

test("who is full, who was tried, and whether anybody is left", () => {
  const full = worker("full", { inFlight: 1, maxInFlight: 1 });
  const free = worker("free");
  const candidates = balancer("p2c", [full, free], 0, () => 0);
  const answers = (tried: Worker[]): boolean[] => [
    candidates.hasOtherThan(tried),
    candidates.hasFreeOtherThan(tried),
  ];
  assert.deepEqual(answers([]), [true, true]);
  assert.deepEqual(answers([free]), [true, false]);
  assert.deepEqual(answers([full]), [true, true]);
  assert.deepEqual(answers([free, full]), [false, false]);
  assert.deepEqual(answers([worker("stranger")]), [true, true]);
  candidates.remove(free);
  assert.deepEqual(answers([free]), [true, false]);
  full.inFlight = 0;
  candidates.loadChanged(full);
  assert.deepEqual(answers([]), [true, true]);
  candidates.remove(full);
  assert.ok(candidates.isEmpty);
});

for (const policy of ["least-wait", "peak-ewma"] as const) {
  test(`${policy}: the oldest of a young fleet gets next to nothing when it stands still`, () => {
    const now = 5_000;
    const answers = newLatency(0);
    observeLatency(answers, 5, now - 100);
    const young = { latency: answers, inFlight: 1 };
    const still = worker("still", { ...young, liveSince: now - 3_000, silentSince: now - 100 });
    const others = ["b", "c"].map((name) => worker(name, { ...young, liveSince: now - 2_000 }));
    const counts = shares(policy, [still, ...others], 3000, now);
    // Drawn four times in a row: of so many one in 50.
    assert.ok((counts["still"] ?? 0) < 150, JSON.stringify(counts));
    const [b = 0, c = 0] = [counts["b"], counts["c"]];
    assert.ok(Math.abs(b - c) < 300, JSON.stringify(counts));
  });
}

test("least-in-flight: the one whose requests end is next, and a worker in slow start gets few", () => {
  const [a, b] = [worker("a", { inFlight: 1 }), worker("b", { inFlight: 2 })];
  const candidates = balancer("least-in-flight", [a, b], 0, () => 0);
  assert.equal(candidates.pick(0)?.name, "a");
  b.inFlight = 0;
  candidates.loadChanged(b);
  assert.equal(candidates.pick(0)?.name, "b");
  const counts = shares("least-in-flight", [worker("old"), worker("new", { liveSince: 0 })], 4000, 1_000);
  assert.ok((counts["new"] ?? 0) > 100 && (counts["new"] ?? 0) < 800, `new got ${counts["new"]}`);
});

for (const policy of policies) {
  test(`${policy}: after any changes, the same may be picked as from a new balancer`, () => {
    const change = fc.record({
      at: fc.nat(7),
      what: fc.constantFrom("add", "remove", "begin", "end", "pick", "retry"),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.integer(), (changes, seed) => {
        const chance = chanceFrom(seed);
        const workers = Array.from({ length: 8 }, (_, at) =>
          worker(String(at), {
            weight: [0, 1, 1, 1, 3, 9, 0.2, 100][at] ?? 1,
            ...(at > 4 ? { maxInFlight: 2 } : {}),
          }),
        );
        const candidates = balancer<Worker>(policy, [], 0, chance);
        const inside = new Set<Worker>();
        for (const { at, what } of changes) {
          const one = workers[at] ?? worker("none");
          if (what === "add") inside.add(one);
          if (what === "add") candidates.add(one);
          if (what === "remove") inside.delete(one);
          if (what === "remove") candidates.remove(one);
          if (what === "begin") one.inFlight += 1;
          if (what === "end") one.inFlight = Math.max(0, one.inFlight - 1);
          candidates.loadChanged(one);
          const tried = what === "retry" ? [one] : [];
          const usable = [...inside].filter(
            (each) =>
              each.weight > 0 && !tried.includes(each) && each.inFlight < (each.maxInFlight ?? Infinity),
          );
          const picked = candidates.pick(0, tried);
          assert.equal(picked === undefined, usable.length === 0);
          assert.ok(picked === undefined || usable.includes(picked));
          assert.equal(candidates.hasFreeOtherThan(tried), usable.length > 0);
        }
      }),
      runsOf(policy),
    );
  });
}

for (const policy of policies) {
  for (const aperture of ["all", 1] as const) {
    test(`${policy}, aperture ${aperture}: who is named twice as tried is back once, and out when full`, () => {
      const workers = ["a", "b", "c"].map((name) => worker(name, { maxInFlight: 1 }));
      const candidates = new Balancer<Worker>({ policy, slowStartMs: 0, aperture }, chanceFrom(7));
      for (const each of workers) candidates.add(each);
      candidates.pick(0);
      const [twice] = workers;
      candidates.pick(0, [twice!, twice!]);
      for (const each of workers) {
        each.inFlight = 1;
        candidates.loadChanged(each);
      }
      assert.equal(candidates.pick(0), undefined);
    });
  }
}

/** A worker that counts how often a policy looks at it. */
class Counted implements Candidate {
  static looks = 0;
  readonly id: string;
  readonly weight = 1;
  readonly liveSince = longAgo;
  readonly maxInFlight: number | undefined;
  readonly latency = newLatency(0);
  requests = 0;

  constructor(id: string, maxInFlight?: number) {
    this.id = id;
    this.maxInFlight = maxInFlight;
  }

  get inFlight(): number {
    Counted.looks += 1;
    return this.requests;
  }
}

/** Looks at workers per choice, where `size` are there and, with a limit, all but a few are full. */
function looksPerChoice(
  policy: Policy,
  size: number,
  maxInFlight: number | undefined,
  retries: boolean,
): number {
  const choices = 500;
  const workers = Array.from({ length: size }, (_, at) => new Counted(String(at), maxInFlight));
  const candidates = new Balancer<Counted>({ policy, slowStartMs: 10_000 }, chanceFrom(3));
  for (const each of workers) candidates.add(each);
  const begin = (each: Counted): void => {
    each.requests += 1;
    candidates.loadChanged(each);
  };
  if (maxInFlight !== undefined) for (const each of workers.slice(5)) begin(each);
  Counted.looks = 0;
  for (let step = 0; step < choices; step += 1) {
    const tried = retries ? workers.slice(step % 5, (step % 5) + 2) : [];
    const picked = candidates.pick(step, tried);
    assert.ok(picked !== undefined);
    begin(picked);
    picked.requests -= 1;
    candidates.loadChanged(picked);
  }
  return Counted.looks / choices;
}

// The ring never looks at a worker's requests; and 1.6 million points take a while.
for (const policy of policies.filter((each) => each !== "ring-hash")) {
  for (const [what, maxInFlight, retries] of [
    ["", undefined, false],
    [" by a retry", undefined, true],
    [" while nearly all are full", 1, false],
    [" by a retry while nearly all are full", 1, true],
  ] as const) {
    test(`${policy}: a choice${what} looks at no more of 10,000 workers than of 10`, () => {
      const few = looksPerChoice(policy, 10, maxInFlight, retries);
      const many = looksPerChoice(policy, 10_000, maxInFlight, retries);
      // One more where only a part is in use: see `Aperture`.
      assert.ok(many <= few + 2, `${few} of 10, ${many} of 10,000`);
    });
  }
}
