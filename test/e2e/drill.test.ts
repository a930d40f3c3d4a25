import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Stage } from "../../src/demo/cluster/stage.ts";
import type { WorkerKind } from "../../src/demo/cluster/worker-process.ts";
import { rowDefaults, runRow } from "../../src/demo/drill/row-runner.ts";
import { type Row, rowsNamed } from "../../src/demo/drill/rows.ts";
import { unnoticed } from "../../src/demo/drill/detection.ts";

// One short row of each kind; `npm run drill` plays all of them at full length.
const short = { ...rowDefaults, leadMs: 500, tailMs: 2500, perSecond: 200, victim: 0 };

async function openStage(t: TestContext, kind: WorkerKind): Promise<Stage> {
  const stage = await Stage.open({ kind });
  t.after(async () => await stage.stop());
  return stage;
}

test("a row fails when no worker is there", async (t) => {
  const stage = await openStage(t, "plain");
  await stage.startGateway();
  const row: Row = { name: "nothing", title: "", kinds: ["plain"], act() {}, holdMs: 0, detect: unnoticed };
  const result = await runRow(stage, row, { ...short, recoverWithinMs: 500, tailMs: 1500 });
  assert.equal(result.tally.failed, result.tally.requests);
  assert.equal(result.load.sent, result.load.planned);
  assert.ok(result.complaints.length > 0);
  const names = Object.keys(result.tally.failures);
  assert.deepEqual(
    names.filter((name) => !name.endsWith("503 no-live-worker")),
    [],
  );
});

for (const kind of ["sdk", "plain"] as const) {
  test(`a ${kind} worker is killed under load and no request is lost`, async (t) => {
    const stage = await openStage(t, kind);
    await stage.start();
    const [row] = rowsNamed(["kill-worker"]);
    assert.ok(row !== undefined);
    const result = await runRow(stage, { ...row, holdMs: 1500 }, short);
    assert.deepEqual(result.complaints, []);
    assert.ok(result.tally.requests > 400);
  });
}
