// `npm run soak`: a real gateway under load, rough clients and faults for a long time; nothing may grow, nothing get stuck.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { pidsOf } from "./cluster/gateway-process.ts";
import { machineLine, watchMachine } from "./drill/machine.ts";
import { wrapped } from "./drill/report.ts";
import { type LargeResult, transferLarge } from "./soak/large-transfer.ts";
import { type Check, checkLines, held, largeChecks, soakChecks, soakLines } from "./soak/report.ts";
import { soak } from "./soak/soak.ts";
import { SoakStage, soakStageDefaults } from "./soak/soak-stage.ts";

const usage = `npm run soak -- [options]

  --minutes N   how long (30)
  --rate N      requests a second of the clients that behave (150)
  --lazy        leave it to the processes when they collect their garbage; else they do
                every 5 s: memory then is what they hold, not what they have not let go
  --seed N      what faults and rough clients come in which order (1)
  --large       instead: a body of 5 GB up and down, to workers of both kinds
  --bytes N     of --large (5e9)
  --json FILE   write the results as JSON as well`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      rate: { type: "string", default: "150" },
      seed: { type: "string", default: "1" },
      lazy: { type: "boolean", default: false },
      large: { type: "boolean", default: false },
      bytes: { type: "string", default: "5e9" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(usage);
  const write = (result: object): void => {
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  };
  if (values.large) {
    const results = await transferAll(positive("--bytes", values.bytes));
    write(results);
    return conclude([], largeChecks(results));
  }
  const machine = watchMachine();
  const result = await soak({
    minutes: positive("--minutes", values.minutes),
    seed: positive("--seed", values.seed),
    perSecond: positive("--rate", values.rate),
    collects: !values.lazy,
    progress,
  });
  write(result);
  return conclude([...soakLines(result), "", machineLine(machine())], soakChecks(result));
}

async function transferAll(bytes: number): Promise<LargeResult[]> {
  const stage = await SoakStage.open({ ...soakStageDefaults, workers: 1, proxies: 1 });
  const results: LargeResult[] = [];
  try {
    await stage.start();
    const [proxyPid = 0] = pidsOf(await stage.gateway.status(), "proxy");
    for (const direction of ["upload", "download"] as const) {
      for (const service of ["joined", "plain"]) {
        progress(`${direction} of ${bytes / 1e9} GB (${service})`);
        const through = { port: stage.listenPort, proxyPid };
        results.push(await transferLarge({ direction, service, bytes }, through));
      }
    }
    return results;
  } finally {
    await stage.stop();
  }
}

function conclude(lines: string[], checks: readonly Check[]): number {
  say("", ...lines, "", ...checkLines(checks).flatMap((line) => wrapped(line)));
  return held(checks) ? 0 : 1;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`${option} ${text}: must be a number above 0`);
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

function say(...lines: string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

// A soak that is cut short must still take its processes with it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
