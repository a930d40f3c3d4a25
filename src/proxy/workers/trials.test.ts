import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { TableWorker } from "../../protocol/routing-table.ts";
import { PoolScene } from "../testing/testing-pool.ts";

type Rows = readonly Partial<TableWorker>[];

/** Workers of which the first failed, so that a request is to find out about it. */
function oneIsOnProbation(context: TestContext, workers: Rows = [{}, {}, {}]): PoolScene {
  const scene = new PoolScene(context, { workers });
  for (let failures = 0; failures < 5; failures += 1) scene.pool.watch.failedToAnswer(scene.worker("w-0"));
  scene.time.pass(5_100);
  return scene;
}

/** Whether one of some requests goes to the first. */
function isTried(scene: PoolScene): boolean {
  const tried = Array.from({ length: 10 }, () => scene.request(() => ({ status: 503, afterMs: 1 }))?.id);
  return tried.includes("w-0");
}

test("one request finds out about a worker that failed, and no second one", (context) => {
  const scene = oneIsOnProbation(context);
  assert.equal(isTried(scene), true);
  assert.equal(isTried(scene), false);
});

const news: [string, Partial<TableWorker>][] = [
  ["drains", { state: { kind: "draining" } }],
  ["is parked", { weight: 0 }],
  ["is known to be gone", { state: { kind: "suspect", cause: "refused", strength: "hard" } }],
  ["is to be checked first", { state: { kind: "suspect", cause: "not-checked", strength: "soft" } }],
];
for (const [what, change] of news) {
  test(`none does while it ${what}, and one as soon as that is over`, (context) => {
    const scene = oneIsOnProbation(context);
    scene.tell("w-0", change);
    assert.equal(isTried(scene), false);
    scene.tell("w-0", {});
    assert.ok(isTried(scene) || scene.worker("w-0").health.kind === "ok");
  });
}

test("none does while it is full", (context) => {
  const scene = oneIsOnProbation(context, [{ maxInFlight: 1 }, {}, {}]);
  const worker = scene.worker("w-0");
  worker.inFlight = 1;
  assert.equal(isTried(scene), false);
  worker.inFlight = 0;
  assert.equal(isTried(scene), true);
});

test("about a backup one finds out as soon as none but backups serve", (context) => {
  const backup = { backup: true };
  const scene = oneIsOnProbation(context, [backup, backup, backup, {}]);
  assert.equal(isTried(scene), false);
  scene.pool.watch.refused(scene.worker("w-3"));
  assert.equal(isTried(scene), true);
  assert.equal(isTried(scene), false);
});
