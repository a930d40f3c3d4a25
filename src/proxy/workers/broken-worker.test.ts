import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Policy } from "../../core/balancing/candidate.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import { PoolScene, type TestAnswer } from "../testing/testing-pool.ts";
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

function sound(of: PoolScene, usualMs: number): TestAnswer {
  return { status: 200, afterMs: usualMs * (0.8 + 0.4 * of.random()) };
}

/** What one of the workers gets of the requests of the next seconds when it fails at once; and whether it is out then. */
function broken(of: PoolScene, perSecond: number, seconds: number): { share: number; isOut: boolean } {
  let all = 0;
  let failed = 0;
  of.clients(perSecond, seconds * 1_000, ({ id }) => {
    all += 1;
    if (id !== "w-0") return sound(of, 50);
    failed += 1;
    return failsAtOnce;
  });
  of.time.pass(seconds * 1_000);
  return { share: failed / all, isOut: !of.chosen.includes("w-0") };
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
      for (const [usualMs, perSecond] of populations) {
        const of = scene(context, policy, usualMs.length, 1);
        const send = (): void => {
          for (let at = 0; at < burst; at += 1)
            of.time.at(of.time.nowMs + 1.5 * at, () => of.request(() => failsAtOnce, { key: 7 }));
          of.time.at(of.time.nowMs + everyMs, send);
        };
        assert.deepEqual(outBy(of, usualMs, perSecond, send), [], usualMs.join());
      }
    });
  }
}

test("nor does a client that a cookie binds to one worker", (context) => {
  const of = scene(context, "least-wait", 3, 1);
  const wanted = of.worker("w-1");
  const send = (): void => {
    of.request(() => failsAtOnce, { wanted });
    of.time.at(of.time.nowMs + 10, send);
  };
  assert.deepEqual(outBy(of, [50, 50, 50], 100, send), []);
});

/** Of three, one is the canary; all others are stable. */
function sceneOfSubsets(context: TestContext): PoolScene {
  const subsets = {
    canary: { version: "2", otherwise: "none" },
    stable: { version: "1", otherwise: "none" },
  };
  const workers = [{ version: "2" }, { version: "1" }, { version: "1" }];
  return new PoolScene(context, { service: { subsets }, workers, seed: 1 });
}

for (const [what, others, aim] of [
  ["of a subset, while the others serve another", "stable", { subset: "canary" }],
  ["of a subset, while the others serve the whole service", undefined, { subset: "canary" }],
  ["of the whole service, while the others serve a subset", "stable", {}],
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
