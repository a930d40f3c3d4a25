import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Policy } from "../../core/balancing/candidate.ts";
import { afterReset } from "../../core/health/health.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import { PoolScene, type TestAnswer } from "../testing/testing-pool.ts";
import { testService } from "../testing/testing-table.ts";
import type { Worker } from "./worker.ts";

const policies: readonly Policy[] = [
  "least-wait",
  "prequal",
  "peak-ewma",
  "p2c",
  "least-in-flight",
  "random",
];

function scene(context: TestContext, policy: Policy, workers: number, seed: number): PoolScene {
  const service = { policy, slowStartMs: 10_000 };
  return new PoolScene(context, { service, workers: Array.from({ length: workers }, () => ({})), seed });
}

const failsAtOnce: TestAnswer = { status: 500, afterMs: 1 };
const saysNo: TestAnswer = { status: 404, afterMs: 1 };
const unavailable: TestAnswer = { status: 503, afterMs: 1 };
const invalid: TestAnswer = { status: 0, afterMs: 1, invalid: true };
const breaksOff: TestAnswer = { status: 0, afterMs: 1 };
const breaksOffAmid: TestAnswer = { status: 200, afterMs: 1, brokenOff: true };

function sound(of: PoolScene, usualMs: number): TestAnswer {
  return { status: 200, afterMs: usualMs * (0.8 + 0.4 * of.random()) };
}

/** What one of the workers gets of the requests of the next seconds when it fails at once; and whether it is out then. */
function broken(
  of: PoolScene,
  perSecond: number,
  seconds: number,
  subset?: string,
  which = "w-0",
  how = failsAtOnce,
): { share: number; isOut: boolean } {
  let all = 0;
  let failed = 0;
  const serve = ({ id }: Worker): TestAnswer => {
    all += 1;
    if (id !== which) return sound(of, 50);
    failed += 1;
    return how;
  };
  of.clients(perSecond, seconds * 1_000, serve, subset);
  of.time.pass(seconds * 1_000);
  return { share: failed / all, isOut: !of.chosen.includes(which) };
}

for (const policy of policies) {
  for (const warm of [true, false]) {
    test(`${policy}: a worker that fails at once, ${warm ? "after it was well" : "from its start on"}, is out within seconds`, (context) => {
      for (const workers of [2, 5, 20]) {
        for (const perSecond of [20, 100, 500]) {
          const of = scene(context, policy, workers, 1);
          if (warm) of.clients(perSecond, 5_000, () => sound(of, 50));
          if (warm) of.time.pass(5_000);
          const seconds = perSecond < 100 ? 15 : 3;
          const { share, isOut } = broken(of, perSecond, seconds);
          const what = `${workers} workers, ${perSecond}/s: ${share}`;
          assert.ok(isOut, what);
          assert.ok(share <= (workers > 2 ? 0.25 : 0.5), what);
        }
      }
    });
  }
}

for (const policy of [...policies, "round-robin"] as const) {
  for (const warm of [true, false]) {
    test(`${policy}: so is one that breaks off each answer, or gives none, ${warm ? "after it was well" : "from its start on"}`, (context) => {
      for (const how of [breaksOff, breaksOffAmid]) {
        for (const workers of [2, 5]) {
          for (const perSecond of [20, 100, 500]) {
            const of = scene(context, policy, workers, 1);
            if (warm) of.clients(perSecond, 5_000, () => sound(of, 50));
            if (warm) of.time.pass(5_000);
            const { share } = broken(of, perSecond, perSecond < 100 ? 15 : 5, undefined, "w-0", how);
            const what = `${workers} workers, ${perSecond}/s, ${how.status}: ${share}`;
            // It may be on trial by now: the head of its canary's answer was sound.
            assert.ok(of.worker("w-0").health.ejections > 0, what);
            assert.ok(share <= (workers > 2 ? 0.25 : 0.5), what);
          }
        }
      }
    });
  }
}

test("nor does something else that cuts the long streams of a worker put it out", (context) => {
  const of = scene(context, "round-robin", 3, 1);
  const cutAt = of.time.nowMs + 20_000;
  const stream = ({ id }: Worker): TestAnswer => {
    const bodyMs = cutAt - of.time.nowMs + 1_000 * of.random();
    return { status: 200, afterMs: 1, bodyMs, brokenOff: id === "w-0" };
  };
  of.clients(50, 5_000, stream);
  of.time.pass(5_000);
  of.clients(100, 20_000, () => sound(of, 50));
  of.time.pass(20_000);
  assert.equal(of.worker("w-0").health.ejections, 0);
});

test("nor does an old stream that is cut fail the trial of its worker", (context) => {
  const of = scene(context, "round-robin", 2, 1);
  const worker = of.worker("w-0");
  for (let each = 0; each < 2; each += 1)
    of.request(() => ({ status: 200, afterMs: 1, bodyMs: 6_000, brokenOff: true }));
  of.time.pass(10);
  for (let failures = 0; failures < 5; failures += 1) of.pool.watch.failedToAnswer(worker);
  of.time.pass(5_500);
  assert.equal(worker.health.kind, "probation");
  of.time.pass(1_000);
  assert.equal(worker.health.kind, "probation");
});

test("an error that is broken off is one error", (context) => {
  const of = scene(context, "round-robin", 2, 1);
  const { health } = of.worker("w-0");
  assert.ok(health.kind === "ok");
  for (let each = 0; each < 4; each += 1)
    of.request(() => ({ status: 500, afterMs: 1, bodyMs: 1, brokenOff: true }));
  of.time.pass(10);
  const { totalEver, failedEver } = health.outcomes.compared.of(undefined).answers;
  assert.deepEqual({ totalEver, failedEver }, { totalEver: 2, failedEver: 2 });
});

test("workers that break off together are not each compared with all the others", (context) => {
  const of = scene(context, "random", 200, 1);
  const looks = context.mock.method(of.pool.workers, "values");
  of.clients(1_000, 1_000, () => breaksOffAmid);
  of.time.pass(1_000);
  assert.ok(looks.mock.callCount() <= 10, `${looks.mock.callCount()} in a second`);
});

for (const policy of ["least-wait", "prequal", "peak-ewma"] as const) {
  for (const warm of [true, false]) {
    test(`${policy}: a worker that answers 404 at once, ${warm ? "after it was well" : "from its start on"}, is in, and not preferred for it`, (context) => {
      for (const [workers, shareMax] of [
        [3, 0.6],
        [5, 0.35],
        [20, 0.15],
      ] as const) {
        const of = scene(context, policy, workers, 1);
        if (warm) of.clients(20, 5_000, () => sound(of, 50));
        if (warm) of.time.pass(5_000);
        const { share, isOut } = broken(of, 20, 60, undefined, "w-0", saysNo);
        assert.ok(!isOut);
        assert.ok(share <= shareMax, `${workers} workers: ${share}`);
      }
    });
  }
}

test("where nothing else is answered than 404, the faster is preferred as ever", (context) => {
  const of = scene(context, "least-wait", 3, 1);
  let slow = 0;
  of.clients(100, 10_000, ({ id }) => {
    if (id === "w-0") slow += 1;
    return { status: 404, afterMs: id === "w-0" ? 200 : 10 };
  });
  of.time.pass(10_000);
  assert.ok(slow < 100, `${slow} of 1,000`);
});

test("its canary tells whether it is well again; then it starts slowly", (context) => {
  const of = scene(context, "least-wait", 5, 1);
  broken(of, 100, 5);
  const worker = of.worker("w-0");
  assert.ok(worker.health.kind === "out" && worker.health.cause === "failing");
  of.time.pass(10_000);
  of.request(({ id }) => (id === "w-0" ? failsAtOnce : assert.fail("no canary")));
  of.time.pass(10);
  assert.equal(worker.health.kind, "out", "no better");
  of.time.pass(15_000);
  of.request(({ id }) => (id === "w-0" ? sound(of, 50) : assert.fail("no canary")));
  of.time.pass(100);
  assert.equal(worker.health.kind, "ok");
  assert.ok(of.time.nowMs - worker.liveSince < 100);
});

test("what fades at the controllers by time brings nobody back here: only its canary does, later each time", (context) => {
  const toldAt: number[] = [];
  const evidence = ({ id, kind }: Evidence): void => {
    if (kind !== "failing") return;
    const { time } = of;
    toldAt.push(time.nowMs);
    time.at(time.nowMs + 10, () =>
      of.tell(id, { state: { kind: "suspect", cause: "failing", strength: "soft" } }),
    );
    time.at(time.nowMs + 5_000, () => of.tell(id, { state: { kind: "live" } }));
  };
  const of = new PoolScene(context, { workers: [{}, {}, {}, {}, {}], evidence });
  const failedAt: number[] = [];
  of.clients(100, 60_000, ({ id }) => {
    if (id !== "w-0") return sound(of, 50);
    failedAt.push(of.time.nowMs);
    return failsAtOnce;
  });
  of.time.pass(60_000);
  const [outAt = 0] = toldAt;
  const canariesAfter = failedAt.filter((at) => at > outAt).map((at) => Math.round((at - outAt) / 1_000));
  assert.deepEqual(canariesAfter, [5, 15, 30, 50]);
  assert.equal(toldAt.length, 1 + canariesAfter.length, "each time the controllers hear of it");
});

/** Who goes out while one client, after others were served well, sends what fails everywhere. */
function outBy(
  of: PoolScene,
  usualMs: readonly number[],
  perSecond: number,
  send: () => void,
  subset?: string,
): string[] {
  const serve = ({ id }: Worker): TestAnswer => sound(of, usualMs[Number(id.slice(2))] ?? 0);
  const out: string[] = [];
  of.clients(perSecond, 25_000, serve, subset);
  of.time.pass(5_000);
  send();
  for (let ms = 0; ms < 20_000; ms += 10) {
    of.time.pass(10);
    for (const { id, health } of of.pool.workers.values()) if (health.kind !== "ok") out.push(id);
  }
  return out;
}

const populations: [usualMs: number[], perSecond: number][] = [
  [[50, 50], 20],
  [[50, 50, 50], 100],
  [[10, 50, 100], 20],
];
const senders: [string, burst: number, everyMs: number][] = [
  ["as fast as it is answered", 1, 1.5],
  ["50 times a second", 1, 20],
  ["ten at a time", 10, 5_000],
];
for (const policy of [...policies, "rendezvous"] as const) {
  for (const [how, burst, everyMs] of senders) {
    test(`${policy}: a client whose requests fail everywhere, ${how}, takes nobody out`, (context) => {
      for (const how of [failsAtOnce, breaksOff]) {
        for (const [usualMs, perSecond] of populations) {
          const of = scene(context, policy, usualMs.length, 1);
          const send = (): void => {
            for (let at = 0; at < burst; at += 1)
              of.time.at(of.time.nowMs + 1.5 * at, () => of.request(() => how, { key: 7 }));
            of.time.at(of.time.nowMs + everyMs, send);
          };
          assert.deepEqual(outBy(of, usualMs, perSecond, send), [], `${usualMs.join()}, ${how.status}`);
        }
      }
    });
  }
}

test("nor does a client that a cookie binds to one worker", (context) => {
  for (const how of [failsAtOnce, breaksOff]) {
    const of = scene(context, "least-wait", 3, 1);
    const wanted = of.worker("w-1");
    const send = (): void => {
      of.request(() => how, { wanted });
      of.time.at(of.time.nowMs + 10, send);
    };
    assert.deepEqual(outBy(of, [50, 50, 50], 100, send), []);
  }
});

test("a canary that is broken off has failed, also with a policy by key", (context) => {
  const of = scene(context, "rendezvous", 3, 1);
  const worker = of.worker("w-0");
  for (let failures = 0; failures < 5; failures += 1) of.pool.watch.failedToAnswer(worker);
  of.time.pass(5_000);
  assert.equal(
    of.request(() => breaksOff),
    worker,
  );
  of.time.pass(10);
  assert.equal(worker.health.kind, "out");
});

for (const policy of ["rendezvous", "ring-hash", "maglev"] as const) {
  test(`${policy}: nor do those of a few keys that are answered 503, or not validly, everywhere`, (context) => {
    for (const how of [unavailable, invalid]) {
      const of = scene(context, policy, 5, 1);
      let key = 0;
      const send = (): void => {
        key = (key + 1) % 4;
        of.request(() => how, { key });
        of.time.at(of.time.nowMs + 5, send);
      };
      assert.deepEqual(outBy(of, [50, 50, 50, 50, 50], 100, send), []);
    }
  });

  test(`${policy}: a worker that answers 503 by every key is out within seconds`, (context) => {
    const of = scene(context, policy, 5, 1);
    assert.ok(broken(of, 100, 3, undefined, "w-0", unavailable).isOut);
  });
}

for (const [by, keys] of [
  ["a few keys", 3],
  ["one key", 1],
] as const) {
  test(`nor does it help a worker that answers 503 to everything that only ${by} may reach it`, (context) => {
    const of = scene(context, "rendezvous", 2, 1);
    const reaching: number[] = [];
    for (let key = 1; reaching.length < keys; key += 1)
      if (of.request(() => ({ status: 200, afterMs: 1 }), { key })?.id === "w-0") reaching.push(key);
    of.time.pass(1_000);
    const at = of.time.nowMs;
    const send = (): void => {
      for (const key of reaching) of.request(() => unavailable, { key });
      if (of.time.nowMs < at + 8_000) of.time.at(of.time.nowMs + 100, send);
    };
    send();
    of.time.pass(4_000);
    assert.deepEqual(of.chosen, ["w-0", "w-1"]);
    of.time.pass(2_000);
    assert.deepEqual(of.chosen, ["w-1"]);
  });
}

for (const [clients, remaining] of [
  [1, ["w-0", "w-1", "w-2"]],
  [20, ["w-0", "w-2"]],
] as const) {
  test(`answered 503, or not validly, ${clients} clients with a cookie leave ${remaining.length} of 3 workers in`, (context) => {
    for (const how of [unavailable, invalid]) {
      const of = scene(context, "least-wait", 3, 1);
      const wanted = of.worker("w-1");
      let client = 0;
      const send = (): void => {
        client = (client + 1) % clients;
        if (of.chosen.includes("w-1")) of.request(() => how, { wanted, client });
        of.time.at(of.time.nowMs + 10, send);
      };
      of.time.at(of.time.nowMs, send);
      of.clients(100, 4_000, () => sound(of, 50));
      of.time.pass(4_000);
      assert.deepEqual(of.chosen, remaining);
    }
  });
}

/** The first ones are canaries, the two others stable. */
function sceneOfSubsets(context: TestContext, canaries = 1, otherwise = "none"): PoolScene {
  const subsets = {
    canary: { version: "2", otherwise },
    stable: { version: "1", otherwise: "none" },
  };
  const workers = [
    ...Array.from({ length: canaries }, () => ({ version: "2" })),
    { version: "1" },
    { version: "1" },
  ];
  return new PoolScene(context, { service: { subsets }, workers, seed: 1 });
}

for (const [what, others, aim] of [
  ["of a subset, while the others serve another", "stable", { subset: "canary" }],
  ["of a subset, while the others serve the whole service", undefined, { subset: "canary" }],
  ["of the whole service, while the others serve a subset", "stable", {}],
  ["of the subset that the others serve", "stable", { subset: "stable" }],
] as const) {
  test(`nor does a client ${what}`, (context) => {
    const of = sceneOfSubsets(context);
    const send = (): void => {
      of.request(() => failsAtOnce, aim);
      of.time.at(of.time.nowMs + 100, send);
    };
    assert.deepEqual(outBy(of, [50, 50, 50], 100, send, others), []);
  });
}

const subset = "canary";

test("a subset's worker that fails at once is out within seconds, where every route leads to a subset", (context) => {
  for (const canaries of [2, 3, 5]) {
    for (const perSecond of [20, 100, 500]) {
      const of = sceneOfSubsets(context, canaries);
      of.clients(perSecond, 15_000, () => sound(of, 50), "stable");
      of.clients(perSecond, 5_000, () => sound(of, 50), subset);
      of.time.pass(5_000);
      const { share, isOut } = broken(of, perSecond, perSecond < 100 ? 10 : 3, subset);
      const what = `${canaries} workers, ${perSecond}/s: ${share}`;
      assert.ok(isOut, what);
      assert.ok(share <= (canaries > 2 ? 0.25 : 0.5), what);
    }
  }
});

test("nor do the good answers that it gives to others cover for it", (context) => {
  const of = sceneOfSubsets(context, 2);
  of.clients(1_000, 5_000, () => sound(of, 10));
  assert.ok(broken(of, 50, 5, subset).isOut);
});

test("who is alone in its subset is not out by errors, also while the last one of the others has not left", (context) => {
  const of = sceneOfSubsets(context, 2);
  for (let at = 1; at <= 400; at += 1) of.request(() => ({ status: 200, afterMs: 25 * at }), { subset });
  of.tell("w-0", { state: { kind: "draining" } });
  const { share, isOut } = broken(of, 50, 10, subset, "w-1");
  assert.deepEqual({ share, isOut }, { share: 1, isOut: false });
});

test("nor are those who stood in for it, by what they answer late when it is back", (context) => {
  const of = sceneOfSubsets(context, 1, "stable");
  of.tell("w-0", { state: { kind: "suspect", cause: "refused", strength: "hard" } });
  for (let at = 1; at <= 40; at += 1) of.request(() => ({ status: 500, afterMs: 100 * at }), { subset });
  of.tell("w-0", { state: { kind: "live" } });
  of.clients(200, 5_000, () => sound(of, 10), subset);
  of.time.pass(5_000);
  assert.deepEqual(of.chosen, ["w-0", "w-1", "w-2"]);
});

for (const [canaries, otherwise, isBack] of [
  [1, "none", true],
  [1, "stable", false],
  [2, "none", false],
] as const) {
  test(`on trial an error ${isBack ? "says nothing of" : "keeps out"} one of ${canaries}, with "${otherwise}" otherwise`, (context) => {
    const of = sceneOfSubsets(context, canaries, otherwise);
    const worker = of.worker("w-0");
    for (let failures = 0; failures < 5; failures += 1) of.pool.watch.failedToAnswer(worker);
    assert.ok(!of.chosen.includes("w-0"));
    of.time.pass(5_000);
    assert.equal(
      of.request(() => failsAtOnce, { subset }),
      worker,
      "its canary",
    );
    of.time.pass(10);
    assert.equal(worker.health.kind === "ok", isBack);
  });
}

test("what is known of a subset is forgotten with its rule; a broken worker is found all the same", (context) => {
  const of = sceneOfSubsets(context, 2);
  const { health } = of.worker("w-0");
  assert.ok(health.kind === "ok");
  const known = (): number => health.outcomes.compared.of(subset).answers.totalEver;
  of.clients(100, 10_000, () => sound(of, 50), subset);
  of.time.pass(10_000);
  assert.ok(known() > 300);
  of.pool.configure(testService({ subsets: { [subset]: { tags: [], otherwise: "none" } } }));
  assert.equal(known(), 0);
  assert.ok(broken(of, 100, 3, subset).isOut);
});

test("so it is of a worker that has only dropped a connection", (context) => {
  const of = sceneOfSubsets(context, 2);
  const worker = of.worker("w-0");
  const { health } = worker;
  assert.ok(health.kind === "ok");
  of.clients(100, 1_000, () => sound(of, 50), subset);
  of.time.pass(1_000);
  of.pool.watch.setHealth(worker, afterReset(health, of.time.nowMs));
  of.pool.configure(testService({ subsets: { [subset]: { tags: [], otherwise: "none" } } }));
  assert.equal(health.outcomes.compared.of(subset).answers.totalEver, 0);
});
