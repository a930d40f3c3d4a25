import { type ChildProcess, fork } from "node:child_process";
import { entryFile, inheritedNodeFlags } from "../../runtime/entry.ts";
import { deferred } from "../wait.ts";
import type { RoughCounts, RoughOptions } from "./rough-clients.ts";
import type { RoughCommand, RoughReport } from "./rough-messages.ts";

/** The rough clients, seen from the process of the soak. */
export class Rough {
  counts: RoughCounts = {};
  readonly #child: ChildProcess;
  readonly #lastEnded = deferred();
  readonly #onExit = (): void => this.close();

  constructor(options: RoughOptions, seed: number) {
    this.#child = fork(entryFile("demo/soak/rough-main"), [], { execArgv: inheritedNodeFlags() });
    this.#child.on("error", () => this.#lastEnded.resolve());
    this.#child.on("exit", () => this.#lastEnded.resolve());
    this.#child.on("message", (report: RoughReport) => {
      this.counts = report.counts;
      if (report.lastEnded) this.#lastEnded.resolve();
    });
    process.on("exit", this.#onExit);
    this.#say({ t: "start", options, seed });
  }

  /** Resolves when the last of them has gone. */
  async stop(): Promise<RoughCounts> {
    this.#say({ t: "stop" });
    await this.#lastEnded.promise;
    return this.counts;
  }

  close(): void {
    process.off("exit", this.#onExit);
    this.#child.kill("SIGKILL");
  }

  #say(command: RoughCommand): void {
    this.#child.send(command);
  }
}
