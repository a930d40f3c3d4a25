import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { RowResult } from "./play.ts";

/** One run of a row, as it is kept. */
export interface Run extends RowResult {
  /** Which last changed what was measured. */
  commit: string;
  startedAt: string;
  perSecond: number;
  holdMs: number;
  /** Of all cores' time, whoever took it. Unset: it is not known. */
  busy?: number;
}

/** What makes runs of a row comparable. */
export type Terms = Pick<Run, "row" | "commit" | "perSecond" | "holdMs">;

/** One more. Those of its row that were measured under other terms are of another table. */
export function withRun(runs: readonly Run[], run: Run): Run[] {
  return [...runs.filter((one) => one.row !== run.row || isLike(one, run)), run];
}

export function runsUnder(runs: readonly Run[], terms: Terms): number {
  return runs.filter((run) => isLike(run, terms)).length;
}

function isLike(one: Terms, other: Terms): boolean {
  return (
    one.row === other.row &&
    one.commit === other.commit &&
    one.perSecond === other.perSecond &&
    one.holdMs === other.holdMs
  );
}

/** None while there is no such file. */
export function readRuns(file: string | URL): Run[] {
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, "utf8")) as { runs: Run[] }).runs;
}

/** A campaign that is cut short leaves a whole file. */
export function writeRuns(file: string, runs: readonly Run[]): void {
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify({ runs }, null, 1)}\n`);
  renameSync(draft, file);
}
