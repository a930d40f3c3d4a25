import { readLedgers } from "../cluster/ledger.ts";
import type { Stage } from "../cluster/stage.ts";
import type { WorkerKind } from "../cluster/worker-process.ts";
import { Generator } from "../load/generator.ts";
import type { LoadReport } from "../load/record.ts";
import { pause } from "../wait.ts";
import type { Asked } from "./asked.ts";
import { playFault, type FaultTimes } from "./fault.ts";
import type { Row } from "./rows.ts";
import { Scene } from "./scene.ts";
import { type Tally, tally } from "./tally.ts";

export interface RowOptions {
  perSecond: number;
  /** Load before the fault. */
  leadMs: number;
  /** Load after the fault, at least. */
  tailMs: number;
  /** The cluster must be whole again within this time after the heal. */
  recoverWithinMs: number;
  /** Place of the worker that is hit. */
  victim: number;
}

export const rowDefaults: Omit<RowOptions, "victim"> = {
  perSecond: 400,
  leadMs: 1500,
  tailMs: 4500,
  recoverWithinMs: 20_000,
};

export interface RowResult extends FaultTimes {
  row: string;
  kind: WorkerKind;
  tally: Tally;
  load: LoadReport;
  /** Why the row did not hold; empty: it held. */
  complaints: string[];
}

let loads = 0;

/** Plays one row under open-loop load on a running stage. Faults of the row become complaints, not exceptions. */
export async function runRow(stage: Stage, row: Row, options: RowOptions): Promise<RowResult> {
  const scene = new Scene(stage, options.victim);
  const generator = new Generator();
  const complaints: string[] = [];
  try {
    await stage.ready(options.recoverWithinMs).catch((error: unknown) => complaints.push(String(error)));
    loads += 1;
    await generator.start({
      target: { host: "127.0.0.1", port: stage.listenPort },
      name: `${row.name}-${process.pid}-${loads}`,
      perSecond: options.perSecond,
      postShare: 0.2,
      freshShare: 0.1,
      connections: 32,
      timeoutMs: 15_000,
    });
    await pause(options.leadMs);
    const played = await playFault(scene, row, options);
    const load = await generator.stop();
    const sum = tally(generator.records, readLedgers(stage.ledgerDirectory), scene.excuses);
    complaints.push(...played.complaints, ...complaintsOf(sum, row), ...complaintsOfLoad(sum, load));
    complaints.push(...complaintsOfAsked(row.ask?.(scene) ?? []));
    return { row: row.name, kind: stage.fleet.kind, tally: sum, load, ...played.times, complaints };
  } finally {
    generator.close();
  }
}

/** Why this account is not what a client may expect. */
export function complaintsOf(sum: Tally, row: Row): string[] {
  const found: string[] = [];
  if (sum.failed + sum.refused > 0) {
    const failures = Object.entries(sum.failures).map(([name, count]) => `${count} x ${name}`);
    found.push(`${sum.failed} failed, ${sum.refused} refused: ${failures.join("; ")}`);
  }
  if (sum.doubled.length > 0) found.push(`executed twice: ${some(sum.doubled)}`);
  if (sum.unexecuted.length > 0) found.push(`acknowledged, never executed: ${some(sum.unexecuted)}`);
  if (sum.slow > (row.slowMax ?? Infinity)) found.push(`${sum.slow} requests slower than 1 s`);
  return found;
}

export function complaintsOfAsked(asked: readonly Asked[]): string[] {
  const beyond = asked.filter(({ value, limit }) => value > limit);
  return beyond.map(({ name, value, limit }) => `${name}: ${Math.round(value)}, at most ${limit}`);
}

function complaintsOfLoad(sum: Tally, load: LoadReport): string[] {
  if (load.sent === load.planned && sum.requests === load.sent) return [];
  return [`the generator sent ${load.sent} of ${load.planned} and has ${sum.requests} records`];
}

function some(ids: readonly string[]): string {
  return ids.length <= 5 ? ids.join(", ") : `${ids.slice(0, 5).join(", ")} and ${ids.length - 5} more`;
}
