import { readFileSync } from "node:fs";
import { systemClock } from "../runtime/clock.ts";
import { withCheckoutCompileCache } from "../runtime/compile-cache.ts";
import { dashboardLink } from "../runtime/dashboard-link.ts";
import { freePort } from "./cluster/free-port.ts";
import { Stage } from "./cluster/stage.ts";
import { drill } from "./drill/drill.ts";
import { machineLine, watchMachine } from "./drill/machine.ts";
import { held, reportLines } from "./drill/report.ts";
import { type RowResult, rowDefaults, runRow } from "./drill/row-runner.ts";
import { rows, rowsNamed, shortRows } from "./drill/rows.ts";
import { paintFor } from "./minute/paint.ts";
import { DemoSession } from "./minute/session.ts";
import { openingLines } from "./minute/words.ts";
import { Desk } from "./panel/desk.ts";
import { Front } from "./panel/front.ts";
import { shortMs } from "./text-table.ts";

export interface DemoOptions {
  /** Play every row of the drill, with both kinds of workers, instead of the short show. */
  drill?: boolean;
  /** Play the short show even at a terminal. */
  play?: boolean;
  listenPort?: number;
  controlPort?: number;
}

const defaultPorts = { listen: 8080, control: 7600, panel: 7680 };

/**
 * The first minute: a cluster of real processes in a temporary directory. At a terminal it obeys keys; else it plays
 * some rows of the drill by itself. Resolves to the exit code: 0 only if every row held. Leaves no process behind.
 */
export async function runDemo(options: DemoOptions = {}): Promise<number> {
  const startedAt = systemClock.now() - process.uptime() * 1000;
  Object.assign(process.env, withCheckoutCompileCache(process.env));
  // What runs is ended by hooks on the exit of this process; where there is time for it, politely before.
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
  if (options.drill === true) return await playEverything();
  const stage = await Stage.open({
    kind: "sdk",
    hints: true,
    listenPort: options.listenPort ?? defaultPorts.listen,
    controlPort: options.controlPort ?? defaultPorts.control,
  });
  try {
    await stage.start();
    const readyMs = systemClock.now() - startedAt;
    const byHand = process.stdin.isTTY && process.stdout.isTTY && options.play !== true;
    if (byHand) return await byPerson(stage, readyMs);
    opening(stage, readyMs, `http://127.0.0.1:${stage.controlPort}`);
    return await bySelf(stage);
  } finally {
    await stage.stop();
  }
}

function opening(stage: Stage, readyMs: number, dashboardAt: string): void {
  say(
    ...openingLines({
      listenPort: stage.listenPort,
      controlPort: stage.controlPort,
      proxies: stage.proxies,
      controllers: stage.controllers,
      workers: stage.fleet.size,
      readyMs,
      directory: stage.directory,
      dashboard: dashboardLink(dashboardAt, stage.gateway.places.tokenFile, process.stdout.isTTY),
    }),
    "",
  );
}

/** By keys in the terminal, and by the panel of the dashboard: at one desk. */
async function byPerson(stage: Stage, readyMs: number): Promise<number> {
  const desk = new Desk(stage);
  const token = readFileSync(stage.gateway.places.tokenFile, "utf8").trim();
  const front = new Front({ controlPort: stage.controlPort, token, desk });
  try {
    await desk.open();
    await front.listen(await freePort(defaultPorts.panel));
    opening(stage, readyMs, front.url);
    const session = new DemoSession(stage, desk, process.stdout, paintFor(process.stdout));
    process.once("SIGINT", () => session.quit());
    await session.run(process.stdin);
    return 0;
  } finally {
    front.close();
    desk.close();
  }
}

async function bySelf(stage: Stage): Promise<number> {
  process.once("SIGINT", () => process.exit(130));
  const machine = watchMachine();
  say("no terminal: playing five rows of the drill, 400 requests a second, 20 % POST");
  const results: RowResult[] = [];
  for (const [index, row] of rowsNamed(shortRows).entries()) {
    const result = await runRow(stage, row, { ...rowDefaults, victim: index % stage.fleet.size });
    results.push(result);
    say(rowLine(row.title, result));
  }
  say("", ...reportLines(results), machineLine(machine()));
  return held(results) ? 0 : 1;
}

async function playEverything(): Promise<number> {
  process.once("SIGINT", () => process.exit(130));
  const machine = watchMachine();
  say("every row of the drill, 400 requests a second, 20 % POST, both kinds of workers", "");
  const results = await drill({
    rows,
    kinds: ["sdk", "plain"],
    runs: 1,
    onResult: (result) => say(rowLine(`${result.row} (${result.kind})`, result)),
  });
  say("", ...reportLines(results), machineLine(machine()));
  return held(results) ? 0 : 1;
}

function rowLine(title: string, result: RowResult): string {
  const verdict = result.complaints.length === 0 ? "ok  " : "FAIL";
  const { requests, failed, refused, slowestMs } = result.tally;
  return `  ${verdict} ${title}: ${requests} requests, ${failed + refused} failed, slowest ${shortMs(slowestMs)}`;
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
