// `npm run bench`: what a request costs, beside other proxies in the same run. How and why it is fair: README.md.
import { writeFileSync } from "node:fs";
import { cannotRun, runAll } from "./run/run.ts";
import { Stops } from "./run/stops.ts";
import { type Options, readArguments, usage } from "./suite/arguments.ts";
import { reportLines } from "./suite/report.ts";
import { judge, targets } from "./suite/targets.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function bench(options: Options, args: readonly string[]): Promise<number> {
  const reason = cannotRun();
  if (reason !== undefined) {
    say(reason);
    return 1;
  }
  const stops = new Stops();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stops.run().then(() => process.exit(130)));
  try {
    const results = await runAll({ options, arguments: args, say }, stops);
    writeFileSync(options.json, `${JSON.stringify(results, null, 1)}\n`);
    for (const line of reportLines(results)) say(line);
    say(`\nevery measurement: ${options.json}`);
    const verdicts = targets.map((target) => judge(target, results).kind);
    const missed = verdicts.some((kind) => kind === "missed" || kind === "failed");
    return results.measurements.length === 0 || (options.check && missed) ? 1 : 0;
  } finally {
    await stops.run();
  }
}

const args = process.argv.slice(2);
const reading = readArguments(args);
switch (reading.kind) {
  case "help":
    say(usage);
    break;
  case "wrong":
    process.stderr.write(`bench: ${reading.detail}\n`);
    process.exitCode = 2;
    break;
  case "options":
    process.exitCode = await bench(reading.options, args);
}
