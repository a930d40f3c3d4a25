import { spawnSync } from "node:child_process";
import { watchMachine } from "../../src/demo/drill/machine.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { playRow, type RowResult } from "./play.ts";
import { readRuns, type Run, runsUnder, type Terms, withRun, writeRuns } from "./record.ts";
import { holdMsUsual, type Row } from "./row.ts";
import type { Site } from "./site.ts";

export interface CampaignOptions {
  rows: readonly Row[];
  /** Of each row. */
  runs: number;
  perSecond: number;
  /** Undefined: each row's own. */
  holdMs: number | undefined;
  /** Where runs are kept: those that are there need not be played. */
  file: string | undefined;
  /** No run begins later. */
  endsAt: number;
}

/** Rows, each so many times. May be cut short at any time, and goes on from there. */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #commit = commitOfWhatIsMeasured();
  #kept: Run[];
  /** A site is used for rows that follow each other, as faults come in life; after a row that did not hold a new one is opened. */
  #open: { by: Row["open"]; site: Site } | undefined;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#kept = options.file === undefined ? [] : readRuns(options.file);
  }

  /** Runs that are still to be played. */
  get missing(): number {
    return this.#options.rows.reduce((all, row) => all + this.#missingOf(row), 0);
  }

  async play(): Promise<RowResult[]> {
    const results: RowResult[] = [];
    try {
      for (const row of this.#options.rows) {
        while (this.#missingOf(row) > 0 && systemClock.now() < this.#options.endsAt)
          results.push(await this.#playOnce(row));
      }
    } finally {
      await this.#open?.site.stop();
    }
    return results;
  }

  #missingOf(row: Row): number {
    return this.#options.runs - runsUnder(this.#kept, this.#termsOf(row));
  }

  #termsOf({ name, holdMs = holdMsUsual }: Row): Terms {
    const { perSecond } = this.#options;
    return { row: name, commit: this.#commit, perSecond, holdMs: this.#options.holdMs ?? holdMs };
  }

  async #playOnce(row: Row): Promise<RowResult> {
    const terms = this.#termsOf(row);
    const site = await this.#siteFor(row);
    const startedAt = systemClock.wallTime();
    const machine = watchMachine();
    const result = await playRow(site, row, terms);
    const busy = machine()?.busy;
    this.#keep({ ...terms, startedAt, ...(busy === undefined ? {} : { busy }), ...result });
    const failed = result.complaints.length > 0;
    process.stderr.write(`${failed ? "FAIL" : "ok"}   ${row.name} ${result.complaints.join("; ")}\n`);
    if (failed) await this.#close();
    return result;
  }

  async #siteFor(row: Row): Promise<Site> {
    if (this.#open !== undefined && this.#open.by !== row.open) await this.#close();
    this.#open ??= { by: row.open, site: await row.open() };
    return this.#open.site;
  }

  async #close(): Promise<void> {
    const site = this.#open?.site;
    this.#open = undefined;
    await site?.stop();
  }

  #keep(run: Run): void {
    this.#kept = withRun(this.#kept, run);
    if (this.#options.file !== undefined) writeRuns(this.#options.file, this.#kept);
  }
}

/** What only changes the documents changes no figure. */
function commitOfWhatIsMeasured(): string {
  const measured = ["src", "test/faults", "test/etcd", "package.json"];
  const git = (...args: string[]): string =>
    spawnSync("git", [...args, "--", ...measured], { encoding: "utf8" }).stdout?.trim() ?? "";
  const commit = git("log", "-1", "--format=%h", "--abbrev=12");
  if (commit === "") return "unknown";
  return git("status", "--porcelain") === "" ? commit : `${commit}-dirty`;
}
