// `npm run bench:tails`: the laboratory's scenarios for real, beside other proxies in the same run. See ../README.md.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { scenarios } from "../../test/sim/balance/scenarios.ts";
import { Stops } from "../run/stops.ts";
import { reportOn, verdictOn } from "./results.ts";
import { runTails } from "./run.ts";

/** What must hold with one worker slow and one stalling: see docs/balancing.md. */
const targetScenario = "slow-and-stalling";
const ratioMax = 0.5;

const usage = `npm run bench:tails -- [options]

  --scenarios a,b  of the laboratory, those of steady and stalling workers (${targetScenario})
  --rounds N       (3)
  --seconds N      of one measurement (12)
  --json FILE      every measurement (tails-results.json)
  --check          exit code 1 when the target is not held
`;

const { values } = parseArgs({
  options: {
    scenarios: { type: "string", default: targetScenario },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "12" },
    json: { type: "string", default: "tails-results.json" },
    check: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const chosen = values.scenarios.split(",").map((name) => {
    const found = scenarios.find((each) => each.name === name);
    if (found === undefined)
      throw new Error(`${name} is unknown; known: ${scenarios.map((each) => each.name).join(", ")}`);
    return found;
  });
  const stops = new Stops();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stops.run().then(() => process.exit(130)));
  const directory = mkdtempSync(join(tmpdir(), "skein-tails-"));
  stops.add(async () => rmSync(directory, { recursive: true, force: true }));
  try {
    const options = {
      scenarios: chosen,
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      directory,
    };
    const results = await runTails(options, stops, say);
    writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
    say("");
    for (const scenario of results.scenarios) say(reportOn(scenario, results).join("\n"));
    say(`every measurement: ${values.json}`);
    const verdict = verdictOn(targetScenario, results.measurements);
    const held = verdict !== undefined && verdict.ratio <= ratioMax && verdict.failed === 0;
    return values.check && !held ? 1 : 0;
  } finally {
    await stops.run();
  }
}

if (values.help) say(usage);
else process.exitCode = await main();
