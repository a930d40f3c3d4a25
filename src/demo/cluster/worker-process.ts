import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { entryFile, inheritedNodeFlags } from "../../runtime/entry.ts";
import { deferred } from "../wait.ts";
import { forkOptions, type Launcher } from "./launcher.ts";
import type { WorkerAssignment, WorkerCommand, WorkerReport } from "./worker-messages.ts";

export type WorkerKind = "sdk" | "plain";

/** One life of a worker of the drill, as a process. */
export class WorkerProcess {
  readonly id: string;
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  readonly #reports = new Map<WorkerReport["t"], WorkerReport>();
  readonly #waiting: { t: WorkerReport["t"]; give: (report: WorkerReport | undefined) => void }[] = [];

  /** `program`: the entry file that it runs, without suffix. `env`: besides this process's own. */
  constructor(
    program: string,
    assignment: WorkerAssignment,
    logDirectory: string,
    env: Record<string, string> = {},
    launcher: Launcher = [],
  ) {
    this.id = assignment.id;
    const log = openSync(join(logDirectory, "workers.log"), "a", 0o600);
    this.#child = fork(entryFile(program), [JSON.stringify(assignment)], {
      ...forkOptions(launcher, inheritedNodeFlags()),
      env: { ...process.env, ...env },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    const gone = deferred();
    this.exited = gone.promise;
    this.#child.on("exit", () => {
      gone.resolve();
      for (const { give } of this.#waiting.splice(0)) give(undefined);
    });
    this.#child.on("error", () => gone.resolve());
    this.#child.on("message", (report: WorkerReport) => this.#received(report));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The report of that kind, now or when it comes; undefined when the process ends before. */
  async report<T extends WorkerReport["t"]>(t: T): Promise<Extract<WorkerReport, { t: T }> | undefined> {
    const known = this.#reports.get(t);
    if (known !== undefined) return known as Extract<WorkerReport, { t: T }>;
    if (!this.running) return undefined;
    return (await new Promise<WorkerReport | undefined>((give) => this.#waiting.push({ t, give }))) as
      | Extract<WorkerReport, { t: T }>
      | undefined;
  }

  block(ms: number): void {
    this.#say({ t: "block", ms });
  }

  /** Every order takes this much longer; 0: no longer. */
  slow(ms: number): void {
    this.#say({ t: "slow", ms });
  }

  /** Cuts the wire between the proxies and this worker. */
  cut(): void {
    this.#say({ t: "cut" });
  }

  mend(): void {
    this.#say({ t: "mend" });
  }

  /** Resolves when it has so much memory more, all of it resident. */
  async grow(bytes: number): Promise<void> {
    this.#say({ t: "grow", bytes });
    const grown = await this.report("grown");
    if (grown === undefined || grown.residentBytes < bytes)
      throw new Error(`drill: ${this.id} has ${grown?.residentBytes ?? 0} bytes resident, not ${bytes}`);
  }

  reset(): void {
    this.#say({ t: "reset" });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #say(command: WorkerCommand): void {
    this.#child.send(command);
  }

  #received(report: WorkerReport): void {
    this.#reports.set(report.t, report);
    for (const waiting of this.#waiting.filter(({ t }) => t === report.t)) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.give(report);
    }
  }
}
