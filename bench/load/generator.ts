import { once } from "node:events";
import { join } from "node:path";
import { inheritedNodeFlags } from "../../src/runtime/entry.ts";
import { type Started, startOn, stop } from "../machine/process.ts";
import type { CrowdOrders } from "./crowd.ts";
import type { Record } from "./recorder.ts";

export type GeneratorCommand =
  | { t: "open"; orders: CrowdOrders }
  | { t: "run-open"; perSecond: number; seconds: number }
  | { t: "run-closed"; seconds: number }
  | { t: "close" };

export type GeneratorReport = { t: "done"; record?: Record } | { t: "failed"; detail: string };

/** The load generator, seen from the process that measures. It lives for the whole run: its code is warm. */
export class Generator {
  readonly #started: Started;

  constructor(core: number, directory: string) {
    const entry = new URL("generator-main.ts", import.meta.url).pathname;
    const command = [process.execPath, ...inheritedNodeFlags(), entry];
    this.#started = startOn([core], join(directory, "generator.log"), command, { messages: true });
  }

  async open(orders: CrowdOrders): Promise<void> {
    await this.#ask({ t: "open", orders });
  }

  /** Requests at this rate, whatever becomes of them. Rejects where one failed. */
  async runOpen(perSecond: number, seconds: number): Promise<Record> {
    return await this.#record({ t: "run-open", perSecond, seconds });
  }

  /** Each connection asks again when it was answered. */
  async runClosed(seconds: number): Promise<Record> {
    return await this.#record({ t: "run-closed", seconds });
  }

  async close(): Promise<void> {
    await this.#ask({ t: "close" });
  }

  async stop(): Promise<void> {
    await stop(this.#started.child);
  }

  async #record(command: GeneratorCommand): Promise<Record> {
    const record = await this.#ask(command);
    if (record === undefined) throw new Error("the load generator gave no record");
    return record;
  }

  async #ask(command: GeneratorCommand): Promise<Record | undefined> {
    const { child, log } = this.#started;
    const abort = new AbortController();
    const { signal } = abort;
    const ended = once(child, "exit", { signal }).then(() => {
      throw new Error(`the load generator ended; see ${log}`);
    });
    ended.catch(() => {});
    const reported = once(child, "message", { signal });
    reported.catch(() => {});
    child.send(command);
    try {
      const [report] = (await Promise.race([reported, ended])) as [GeneratorReport];
      if (report.t === "failed") throw new Error(report.detail);
      return report.record;
    } finally {
      abort.abort();
    }
  }
}
