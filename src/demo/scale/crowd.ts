import { type ChildProcess, fork } from "node:child_process";
import { entryFile, inheritedNodeFlags } from "../../runtime/entry.ts";
import { forkOptions, type Launcher } from "../cluster/launcher.ts";
import { eventually } from "../wait.ts";
import type { CrowdCommand, CrowdReport } from "./messages.ts";

/**
 * A process with thousands of workers copies what lives in them again and again while a crowd moves, which a worker of its own
 * never does: it collects seldom.
 */
const crowdFlags = ["--min-semi-space-size=64", "--max-semi-space-size=128"];

const none: CrowdReport = {
  t: "count",
  sessions: 0,
  workers: 0,
  sent: 0,
  refused: 0,
  firstOpenAt: 0,
  lastOpenAt: 0,
};

/** Many workers, spread over several processes. */
export class Crowd {
  readonly #children: ChildProcess[] = [];
  readonly #reports: CrowdReport[] = [];
  readonly #processes: number;
  readonly #onExit = (): void => this.#kill();

  constructor(processes: number, launcher: Launcher = []) {
    this.#processes = processes;
    for (let index = 0; index < processes; index += 1) {
      const child = fork(
        entryFile("demo/scale/crowd-main"),
        [],
        forkOptions(launcher, [...inheritedNodeFlags(), ...crowdFlags]),
      );
      child.on("message", (report: CrowdReport) => (this.#reports[index] = report));
      child.on("error", () => {});
      this.#children.push(child);
      this.#reports.push(none);
    }
    process.on("exit", this.#onExit);
  }

  join(count: number, options: { perSecond: number; seeds: string[]; ttlMs?: number }): void {
    const each = Math.ceil(count / this.#processes);
    this.#children.forEach((child, index) => {
      const from = index * each;
      const perSecond = options.perSecond / this.#processes;
      say(child, { ...options, t: "join", from, count: Math.min(each, count - from), perSecond });
    });
  }

  bare(count: number, options: { perSecond: number; url: string; everyMs: number }): void {
    for (const child of this.#children) {
      const perSecond = options.perSecond / this.#processes;
      say(child, { ...options, t: "bare", count: Math.ceil(count / this.#processes), perSecond });
    }
  }

  mark(): void {
    for (const child of this.#children) say(child, { t: "mark" });
  }

  get total(): CrowdReport {
    const opened = this.#reports.map((report) => report.firstOpenAt).filter((at) => at > 0);
    const sum = (of: (report: CrowdReport) => number): number =>
      this.#reports.reduce((all, report) => all + of(report), 0);
    return {
      t: "count",
      sessions: sum((report) => report.sessions),
      workers: sum((report) => report.workers),
      sent: sum((report) => report.sent),
      refused: sum((report) => report.refused),
      firstOpenAt: opened.length === 0 ? 0 : Math.min(...opened),
      lastOpenAt: Math.max(...this.#reports.map((report) => report.lastOpenAt)),
    };
  }

  /** Waits until this many sessions are open; gives how many are. */
  async sessions(wanted: number, withinMs: number): Promise<number> {
    await eventually(() => this.total.sessions >= wanted || undefined, { withinMs, everyMs: 50 });
    return this.total.sessions;
  }

  close(): void {
    process.off("exit", this.#onExit);
    this.#kill();
  }

  #kill(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}

function say(child: ChildProcess, command: CrowdCommand): void {
  child.send(command);
}
