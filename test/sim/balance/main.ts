/**
 * `npm run sim:balance`: every policy before every population, in virtual time, with the balancer of the product.
 * `--json FILE` keeps all outcomes; `balance/pictures.ts` draws them.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { policies } from "../../../src/core/balancing/candidate.ts";
import { experiment, type Outcome } from "./experiment.ts";
import { type Laboratory, tableOf } from "./report.ts";
import { scenarios } from "./scenarios.ts";

const usage = `npm run sim:balance -- [options]

  --scenarios a,b  only these: ${scenarios.map(({ name }) => name).join(", ")}
  --policies x,y   only these: ${policies.join(", ")}
  --eject-slow     workers that are far slower than the others are taken out for a time
  --seeds N        so many runs of each, and their median (3)
  --json FILE      every outcome
`;

const { values } = parseArgs({
  options: {
    scenarios: { type: "string" },
    policies: { type: "string" },
    seeds: { type: "string", default: "3" },
    "eject-slow": { type: "boolean", default: false },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

/** The wanted ones of those that there are; an unknown name is no reason to run nothing silently. */
function choose<Item>(
  wanted: string | undefined,
  all: readonly Item[],
  nameOf: (item: Item) => string,
): Item[] {
  const names = wanted?.split(",") ?? all.map(nameOf);
  return names.map((name) => {
    const found = all.find((item) => nameOf(item) === name);
    if (found === undefined) throw new Error(`${name} is unknown; known are ${all.map(nameOf).join(", ")}`);
    return found;
  });
}

function run(): void {
  const chosen = choose(values.scenarios, scenarios, ({ name }) => name);
  const compared = choose(values.policies, policies, String);
  const seeds = Array.from({ length: Number(values.seeds) }, (_, at) => at + 1);
  if (seeds.length === 0) throw new Error("--seeds is a number from 1 on");
  const outcomes: Outcome[] = [];
  for (const scenario of chosen) {
    for (const policy of compared)
      for (const seed of seeds)
        outcomes.push(experiment(scenario, policy, seed, { ejectSlow: values["eject-slow"] }));
    process.stdout.write(`${tableOf(scenario, outcomes).join("\n")}\n`);
  }
  if (values.json === undefined) return;
  const laboratory: Laboratory = { v: 1, seeds, scenarios: chosen, outcomes };
  writeFileSync(values.json, `${JSON.stringify(laboratory)}\n`);
}

if (values.help) {
  process.stdout.write(usage);
} else {
  try {
    run();
  } catch (error) {
    process.stderr.write(`sim:balance: ${(error as Error).message}\n`);
    process.exitCode = 2;
  }
}
