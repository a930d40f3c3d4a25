import { playFault } from "../../../src/demo/drill/fault.ts";
import { type Row as DrillRow, rowsNamed } from "../../../src/demo/drill/rows.ts";
import { Scene as DrillScene } from "../../../src/demo/drill/scene.ts";
import type { WorkerKind } from "../../../src/demo/cluster/worker-process.ts";
import { latencyMs } from "../../../src/demo/load/record.ts";
import { DrillStage } from "../drill-stage.ts";
import type { Row, Scene } from "../row.ts";

/** What is asked besides what the drill asks itself. */
interface Limits {
  noticedMs?: number;
  /** From the heal; where nothing is healed, from the fault. */
  wholeMs?: number;
  /** Of the requests of the whole row. */
  p999Ms?: number;
}

const limitsOf: Record<string, Limits> = {
  "kill-worker": {},
  "kill-heavy-worker": {},
  "stop-worker": { p999Ms: 600 },
  // It is blocked for 5 s.
  "block-worker": { p999Ms: 600, wholeMs: 6_000 },
  "roll-workers": {},
  "kill-leader": { noticedMs: 3_600 },
  "stop-leader": { noticedMs: 3_600 },
  "stop-controllers": {},
  "stop-controllers-long": {},
  upgrade: {},
};
const kinds: readonly WorkerKind[] = ["sdk", "plain"];
const recoverWithinMs = 60_000;
const tailMs = 4_500;

/** Rows of the drill, to be counted with the others: `npm run drill` plays them as well, and needs no root. */
export const drilledRows: readonly Row[] = kinds.flatMap((kind) => {
  const open = (): Promise<DrillStage> => DrillStage.start(kind);
  return rowsNamed(Object.keys(limitsOf)).map((row) => drilled(row, kind, open));
});

function drilled(row: DrillRow, kind: WorkerKind, open: () => Promise<DrillStage>): Row<DrillStage> {
  const limits = limitsOf[row.name] ?? {};
  return {
    name: `${row.name}-${kind}`,
    title: `${row.title} (${kind} workers)`,
    open,
    holdMs: row.holdMs,
    async play(scene) {
      const { stage } = scene.site;
      const drill = new DrillScene(stage, scene.site.nextVictim());
      const held = { ...row, holdMs: scene.holdMs };
      const { times, complaints } = await playFault(drill, held, { tailMs, recoverWithinMs });
      for (const complaint of complaints) scene.complain(complaint);
      note(scene, "noticed", times.detectMs, limits.noticedMs);
      note(scene, "whole again", times.recoverMs, limits.wholeMs);
      for (const asked of row.ask?.(drill) ?? []) scene.figure(asked);
      return () => note(scene, "p99.9", p999Of(scene), limits.p999Ms);
    },
  };
}

function p999Of(scene: Scene<DrillStage>): number {
  const took = scene
    .records("gateway")
    .map(latencyMs)
    .sort((one, other) => one - other);
  return took[Math.ceil(took.length * 0.999) - 1] ?? Number.NaN;
}

/** What did not come, and has a limit, fails the row. */
function note(scene: Scene<DrillStage>, name: string, value: number | undefined, limit?: number): void {
  if (value !== undefined)
    scene.figure({ name, unit: "ms", value, ...(limit === undefined ? {} : { limit }) });
  else if (limit !== undefined) scene.complain(`${name}: never`);
}
