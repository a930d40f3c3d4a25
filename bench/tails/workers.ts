import { once } from "node:events";
import { join } from "node:path";
import { eventually } from "../../src/demo/wait.ts";
import { inheritedNodeFlags } from "../../src/runtime/entry.ts";
import type { Behaviour } from "../../test/sim/balance/behaviour.ts";
import type { Scenario } from "../../test/sim/balance/scenarios.ts";
import { type Started, startOn, stop } from "../machine/process.ts";
import type { Stops } from "../run/stops.ts";

export interface TailWorkerOrders {
  name: string;
  scenario: Scenario;
  behaviour: Behaviour;
  seed: number;
  /** Of the gateway that it joins; the others reach it at its port. */
  control: string;
  /** It remembers the ids of what it served. */
  ledger: boolean;
}

export type TailWorkerCommand =
  | { t: "begin"; orders: TailWorkerOrders }
  | { t: "in-flight" }
  | { t: "ledger" };

export type TailWorkerReport =
  | { t: "ready"; port: number }
  | { t: "failed"; detail: string }
  | { t: "in-flight"; requests: number }
  | { t: "ledger"; ids: string[] };

const idleWithinMs = 60_000;

/** The workers of a scenario, each a process; all gateways have the same ones behind them, one gateway at a time. */
export class TailWorkers {
  readonly ports: readonly number[];
  readonly #started: readonly Started[];

  private constructor(started: readonly Started[], ports: readonly number[]) {
    this.#started = started;
    this.ports = ports;
  }

  static async start(
    scenario: Scenario,
    control: string,
    { core, directory, ledger = false }: { core: number; directory: string; ledger?: boolean },
    stops: Stops,
  ): Promise<TailWorkers> {
    const behaviours = scenario.workers.flatMap(({ count, behaviour }) =>
      Array.from({ length: count }, () => behaviour),
    );
    const entry = new URL("worker-main.ts", import.meta.url).pathname;
    const started: Started[] = [];
    const ports: number[] = [];
    for (const [at, behaviour] of behaviours.entries()) {
      const command = [process.execPath, ...inheritedNodeFlags(), entry];
      const one = startOn([core], join(directory, `worker-${at}.log`), command, {
        messages: true,
      });
      stops.add(() => stop(one.child));
      started.push(one);
      const orders = { name: `worker-${at}`, scenario, behaviour, seed: at + 1, control, ledger };
      const report = await ask(one, { t: "begin", orders });
      if (report.t !== "ready") throw new Error(report.t === "failed" ? report.detail : "it is not ready");
      ports.push(report.port);
    }
    return new TailWorkers(started, ports);
  }

  /** The ids of all that was served since this was asked last, each as often as it was. */
  async takeLedger(): Promise<string[]> {
    const reports = await Promise.all(this.#started.map((one) => ask(one, { t: "ledger" })));
    return reports.flatMap((report) => (report.t === "ledger" ? report.ids : []));
  }

  /** What one gateway has left waiting must not be in the way of the next. */
  async idle(): Promise<void> {
    const idle = await eventually(
      async () => {
        const reports = await Promise.all(this.#started.map((one) => ask(one, { t: "in-flight" })));
        return reports.every((report) => report.t === "in-flight" && report.requests === 0) || undefined;
      },
      { withinMs: idleWithinMs, everyMs: 100 },
    );
    if (idle !== true) throw new Error(`the workers are not idle after ${idleWithinMs} ms`);
  }
}

async function ask({ child, log }: Started, command: TailWorkerCommand): Promise<TailWorkerReport> {
  const abort = new AbortController();
  const { signal } = abort;
  const ended = once(child, "exit", { signal }).then((): never => {
    throw new Error(`a worker ended; see ${log}`);
  });
  ended.catch(() => {});
  const reported = once(child, "message", { signal });
  reported.catch(() => {});
  child.send(command);
  try {
    const [report] = (await Promise.race([reported, ended])) as [TailWorkerReport];
    return report;
  } finally {
    abort.abort();
  }
}
