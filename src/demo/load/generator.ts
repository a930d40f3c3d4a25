import { type ChildProcess, fork } from "node:child_process";
import { entryFile, inheritedNodeFlags } from "../../runtime/entry.ts";
import { forkOptions, type Launcher } from "../cluster/launcher.ts";
import type { LoadOptions } from "./open-loop.ts";
import type { LoadReport, RequestRecord } from "./record.ts";

export type GeneratorCommand = { t: "start"; options: LoadOptions } | { t: "stop" };

export type GeneratorReport =
  | { t: "ready" }
  | { t: "started"; at: number }
  | { t: "records"; records: RequestRecord[] }
  | { t: "ended"; report: LoadReport };

/** The load generator, seen from the process that runs a row. */
export class Generator {
  /** Every record so far. */
  readonly records: RequestRecord[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<never>;

  constructor(launcher: Launcher = []) {
    const options = forkOptions(launcher, inheritedNodeFlags());
    this.#child = fork(entryFile("demo/load/generator-main"), [], options);
    this.#exited = new Promise((_, reject) => {
      this.#child.on("error", reject);
      this.#child.on("exit", (code, signal) =>
        reject(new Error(`drill: the load generator ended by itself (${signal ?? code})`)),
      );
    });
    this.#exited.catch(() => {});
    this.#child.on("message", (report: GeneratorReport) => {
      if (report.t === "records") this.records.push(...report.records);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async start(options: LoadOptions): Promise<void> {
    const started = this.#next("started");
    this.#say({ t: "start", options });
    await started;
  }

  /** Resolves when every request sent has its record. */
  async stop(): Promise<LoadReport> {
    const ended = this.#next("ended");
    this.#say({ t: "stop" });
    return (await ended).report;
  }

  close(): void {
    this.#child.removeAllListeners("exit");
    this.#child.kill("SIGKILL");
  }

  #say(command: GeneratorCommand): void {
    this.#child.send(command);
  }

  async #next<T extends GeneratorReport["t"]>(t: T): Promise<Extract<GeneratorReport, { t: T }>> {
    const reported = new Promise<Extract<GeneratorReport, { t: T }>>((resolve) => {
      const listen = (report: GeneratorReport): void => {
        if (report.t !== t) return;
        this.#child.off("message", listen);
        resolve(report as Extract<GeneratorReport, { t: T }>);
      };
      this.#child.on("message", listen);
    });
    return await Promise.race([reported, this.#exited]);
  }
}
