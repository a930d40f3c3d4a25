// `npm run bench:overload`: three times what the workers can do, beside other proxies in the same run. See ../README.md.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { textTable } from "../../src/demo/text-table.ts";
import { Stops } from "../run/stops.ts";
import { allHeld, columns, rowCells, verdictLines } from "./results.ts";
import { runOverload } from "./run.ts";

const usage = `npm run bench:overload -- [options]

  --peers a,b      those whose names begin so: skein, nginx, haproxy (all)
  --rounds N       (1)
  --seconds N      of overload (30)
  --json FILE      every measurement (overload-results.json)
  --check          exit code 1 when a target is not held
`;

const { values } = parseArgs({
  options: {
    peers: { type: "string", default: "" },
    rounds: { type: "string", default: "1" },
    seconds: { type: "string", default: "30" },
    json: { type: "string", default: "overload-results.json" },
    check: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const stops = new Stops();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stops.run().then(() => process.exit(130)));
  const directory = mkdtempSync(join(tmpdir(), "skein-overload-"));
  stops.add(async () => rmSync(directory, { recursive: true, force: true }));
  try {
    const options = {
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      peers: values.peers === "" ? [] : values.peers.split(","),
      directory,
    };
    const results = await runOverload(options, stops, say);
    writeFileSync(values.json, `${JSON.stringify(results, null, 1)}\n`);
    say(["", ...textTable(columns, rowCells(results.measurements)), ""].join("\n"));
    say(verdictLines(results.measurements).join("\n"));
    for (const { peer, reason } of results.leftOut) say(`left out: ${peer}, ${reason}`);
    say(`every measurement: ${values.json}`);
    return values.check && !allHeld(results.measurements) ? 1 : 0;
  } finally {
    await stops.run();
  }
}

if (values.help) say(usage);
else process.exitCode = await main();
