// `npm run faults [-- row...]`: faults between hosts, done to a real cluster in network namespaces. Needs root and etcd.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { machineLine, watchMachine } from "../../src/demo/drill/machine.ts";
import { missingEtcd } from "../etcd/etcd-cluster.ts";
import { missingTool } from "../tools.ts";
import { missingKeepalived } from "./virtual-ip/keepalived.ts";
import { missingLab } from "./lab/network.ts";
import { missingWallClocks } from "./lab/wall-clocks.ts";
import { playRow, type RowResult } from "./play.ts";
import { held, markdownLines, reportLines, summaries } from "./report.ts";
import type { Row } from "./row.ts";
import { rows, rowsNamed } from "./rows.ts";
import type { Site } from "./site.ts";

const usage = `npm run faults -- [row...] [options]

  --runs N        play each row N times (1)
  --rate N        requests a second to each gateway (100)
  --seconds N     how long a fault lasts (10)
  --json FILE     write the results as JSON as well: of each run, and summed up over the runs
  --markdown FILE write what has a limit as a table for documents
  --list          the rows`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "1" },
      rate: { type: "string", default: "100" },
      seconds: { type: "string", default: "10" },
      json: { type: "string" },
      markdown: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(usage);
  if (values.list) return say(...rows.map(({ name, title }) => `${name.padEnd(18)}${title}`));
  const missing =
    missingLab() ||
    missingEtcd() ||
    missingTool("curl", "curl") ||
    missingKeepalived() ||
    missingWallClocks();
  if (missing !== false) throw new Error(`cannot run here: ${missing}`);
  const wanted = rowsNamed(positionals);
  const runs = count("--runs", values.runs);
  const options = {
    perSecond: count("--rate", values.rate),
    holdMs: count("--seconds", values.seconds) * 1000,
  };
  const machine = watchMachine();
  const results = await playAll(
    wanted.flatMap((row) => Array.from({ length: runs }, () => row)),
    options,
  );
  say("", ...reportLines(results), machineLine(machine()));
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ options, summaries: summaries(results), results }, null, 2)}\n`,
    );
  if (values.markdown !== undefined) writeFileSync(values.markdown, `${markdownLines(results).join("\n")}\n`);
  return held(results) ? 0 : 1;
}

/** One site for rows that follow each other, as faults come in life; after a row that did not hold a new one. */
async function playAll(
  plays: readonly Row[],
  options: { perSecond: number; holdMs: number },
): Promise<RowResult[]> {
  const results: RowResult[] = [];
  let open: { by: Row["open"]; site: Site } | undefined;
  try {
    for (const row of plays) {
      if (open !== undefined && open.by !== row.open) {
        await open.site.stop();
        open = undefined;
      }
      open ??= { by: row.open, site: await row.open() };
      const result = await playRow(open.site, row, options);
      results.push(result);
      const failed = result.complaints.length > 0;
      process.stderr.write(`${failed ? "FAIL" : "ok"}   ${row.name} ${result.complaints.join("; ")}\n`);
      if (!failed) continue;
      await open.site.stop();
      open = undefined;
    }
  } finally {
    await open?.site.stop();
  }
  return results;
}

function say(...lines: string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${option} ${text}: must be a whole number above 0`);
}

// A run that is cut short must still take its processes and namespaces with it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
