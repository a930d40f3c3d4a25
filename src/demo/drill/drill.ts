import { Stage } from "../cluster/stage.ts";
import type { WorkerKind } from "../cluster/worker-process.ts";
import { type RowOptions, type RowResult, rowDefaults, runRow } from "./row-runner.ts";
import type { Row } from "./rows.ts";

export interface DrillOptions {
  rows: readonly Row[];
  kinds: readonly WorkerKind[];
  /** How often each row is played. */
  runs: number;
  row?: Partial<RowOptions>;
  /** Called before a row, and with its result. */
  onRow?: (row: Row, kind: WorkerKind) => void;
  onResult?: (result: RowResult) => void;
  /** Keep the directories of stages on which a row did not hold. */
  keep?: boolean;
}

/**
 * Plays rows one after the other. The rows of one kind share a cluster, as faults do in life; after a row that did
 * not hold the next one gets a new cluster, so that it is judged by its own.
 */
export async function drill(options: DrillOptions): Promise<RowResult[]> {
  const results: RowResult[] = [];
  for (const kind of options.kinds) {
    const wanted = options.rows.filter((row) => row.kinds.includes(kind));
    const plays = Array.from({ length: options.runs }, () => wanted).flat();
    await playAll(kind, plays, options, results);
  }
  return results;
}

async function playAll(
  kind: WorkerKind,
  plays: readonly Row[],
  options: DrillOptions,
  results: RowResult[],
): Promise<void> {
  let stage: Stage | undefined;
  let heldSoFar = true;
  try {
    for (const [index, row] of plays.entries()) {
      options.onRow?.(row, kind);
      stage ??= await openStage(kind);
      const result = await runRow(stage, row, {
        ...rowDefaults,
        victim: index % stage.fleet.size,
        ...options.row,
      });
      results.push(result);
      options.onResult?.(result);
      heldSoFar = result.complaints.length === 0;
      if (!heldSoFar) {
        await stage.stop({ keep: options.keep ?? false });
        stage = undefined;
      }
    }
  } finally {
    await stage?.stop({ keep: (options.keep ?? false) && !heldSoFar });
  }
}

async function openStage(kind: WorkerKind): Promise<Stage> {
  const stage = await Stage.open({ kind });
  try {
    await stage.start();
    return stage;
  } catch (error) {
    await stage.stop({ keep: true });
    throw error;
  }
}
