import { systemClock } from "../runtime/clock.ts";
import { withCheckoutCompileCache } from "../runtime/compile-cache.ts";
import { dashboardLink } from "../runtime/dashboard-link.ts";
import { Stage } from "./cluster/stage.ts";
import { drill } from "./drill/drill.ts";
import { machineLine, watchMachine } from "./drill/machine.ts";
import { held, reportLines } from "./drill/report.ts";
import { type RowResult, rowDefaults, runRow } from "./drill/row-runner.ts";
import { rows, rowsNamed, shortRows } from "./drill/rows.ts";
import { paintFor } from "./minute/paint.ts";
import { DemoSession } from "./minute/session.ts";
import { openingLines } from "./minute/words.ts";
import { shortMs } from "./text-table.ts";

export interface DemoOptions {
  /** Play every row of the drill, with both kinds of workers, instead of the short show. */
  drill?: boolean;
  /** Play the short show even at a terminal. */
  play?: boolean;
  listenPort?: number;
  controlPort?: number;
}

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
    listenPort: options.listenPort ?? 8080,
    controlPort: options.controlPort ?? 7600,
  });
  try {
    await stage.start();
    say(
      ...openingLines({
        listenPort: stage.listenPort,
        controlPort: stage.controlPort,
        proxies: stage.proxies,
        controllers: stage.controllers,
        workers: stage.fleet.size,
        readyMs: systemClock.now() - startedAt,
        directory: stage.directory,
        dashboard: dashboardLink(
          `http://127.0.0.1:${stage.controlPort}`,
          stage.gateway.places.tokenFile,
          process.stdout.isTTY,
        ),
      }),
      "",
    );
    const byHand = process.stdin.isTTY && process.stdout.isTTY && options.play !== true;
    return byHand ? await byKeys(stage) : await bySelf(stage);
  } finally {
    await stage.stop();
  }
}

async function byKeys(stage: Stage): Promise<number> {
  const session = new DemoSession(stage, process.stdout, paintFor(process.stdout));
  process.once("SIGINT", () => session.quit());
  await session.run(process.stdin);
  return 0;
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
