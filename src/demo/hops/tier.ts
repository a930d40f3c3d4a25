import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { entryFile, inheritedNodeFlags } from "../../runtime/entry.ts";
import type { TierAssignment, TierCommand, TierReport } from "./tier-messages.ts";

type Report<T extends TierReport["t"]> = Extract<TierReport, { t: T }>;

/** One service of a chain, as a process. */
export class Tier {
  readonly service: string;
  readonly #child: ChildProcess;
  #waiting: { t: TierReport["t"]; give: (report: TierReport) => void }[] = [];

  constructor(assignment: TierAssignment, directory: string) {
    this.service = assignment.service;
    const log = openSync(join(directory, "tiers.log"), "a", 0o600);
    this.#child = fork(entryFile("demo/hops/tier-main"), [JSON.stringify(assignment)], {
      execArgv: inheritedNodeFlags(),
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    this.#child.on("message", (report: TierReport) => this.#heard(report));
  }

  /** The next report of this kind. Ask before its cause is set. Never, when this one ends before. */
  async next<T extends TierReport["t"]>(t: T): Promise<Report<T>> {
    return await new Promise((give) => this.#waiting.push({ t, give: give as (report: TierReport) => void }));
  }

  fail(on: boolean): void {
    this.#say({ t: "fail", on });
  }

  slow(every: number, ms: number): void {
    this.#say({ t: "slow", every, ms });
  }

  async requests(): Promise<number> {
    const counted = this.next("count");
    this.#say({ t: "count" });
    return (await counted).requests;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #say(command: TierCommand): void {
    this.#child.send(command);
  }

  #heard(report: TierReport): void {
    for (const { t, give } of this.#waiting) if (t === report.t) give(report);
    this.#waiting = this.#waiting.filter(({ t }) => t !== report.t);
  }
}
