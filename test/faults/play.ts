import { readLedgers } from "../../src/demo/cluster/ledger.ts";
import { tally } from "../../src/demo/drill/tally.ts";
import { latencyMs } from "../../src/demo/load/record.ts";
import { pause } from "../../src/demo/wait.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import type { LabCluster } from "./lab-cluster.ts";
import { Loads } from "./loads.ts";
import type { Figure, Row, Scene } from "./row.ts";

export interface PlayOptions {
  /** To each gateway. */
  perSecond: number;
  holdMs: number;
}

/** A row that was played once. */
export interface RowResult {
  row: string;
  title: string;
  figures: Figure[];
  /** Why the row did not hold; empty: it held. */
  complaints: string[];
}

const leadMs = 1_500;
const tailMs = 2_000;

/** Plays a row under open-loop load, and asks of it what is asked of every row. */
export async function playRow(cluster: LabCluster, row: Row, options: PlayOptions): Promise<RowResult> {
  const figures: Figure[] = [];
  const complaints: string[] = [];
  const loads = new Loads(cluster, row);
  const scene: Scene = {
    cluster,
    clock: systemClock,
    holdMs: options.holdMs,
    records: (gateway) => loads.records(gateway),
    figure: (figure) => void figures.push(figure),
    complain: (what) => void complaints.push(what),
  };
  try {
    await cluster.whole(30_000);
    await loads.start(options.perSecond);
    await pause(leadMs);
    const judge = await row.play(scene);
    await pause(tailMs);
    complaints.push(...(await loads.stop()));
    judge();
    account(scene);
  } catch (error) {
    complaints.push(error instanceof Error ? error.message : String(error));
  } finally {
    cluster.heal();
    loads.close();
  }
  for (const { name, value, limit } of figures) {
    if (limit !== undefined && !(value <= limit))
      complaints.push(`${name}: ${Math.round(value)}, at most ${limit}`);
  }
  return { row: row.name, title: row.title, figures, complaints };
}

/** What is asked of every row: nothing idempotent is lost, each POST answered or explicit, none executed twice. */
function account(scene: Scene): void {
  const records = scene.records();
  const excuses = { proxiesLostAt: [], workersKilled: true, hostsLost: true };
  const sum = tally(records, readLedgers(scene.cluster.ledgers), excuses);
  const lost = sum.failed + sum.refused;
  const sorted = records.map(latencyMs).sort((one, other) => one - other);
  scene.figure({ name: "requests", unit: "count", value: sum.requests });
  scene.figure({ name: "lost", unit: "count", value: lost, limit: 0 });
  scene.figure({ name: "POSTs of unknown outcome", unit: "count", value: sum.outcomeUnknown });
  scene.figure({
    name: "p99 of the requests",
    unit: "ms",
    value: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
  });
  scene.figure({ name: "slowest request", unit: "ms", value: sorted.at(-1) ?? 0 });
  if (lost > 0) scene.complain(`lost: ${JSON.stringify(sum.failures)}`);
  if (sum.doubled.length > 0) scene.complain(`executed twice: ${sum.doubled.join(", ")}`);
  if (sum.unexecuted.length > 0) scene.complain(`acknowledged, never executed: ${sum.unexecuted.join(", ")}`);
}
