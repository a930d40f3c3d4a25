// `npm run drill`: plays faults under load against a real cluster and tells what the clients saw.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { WorkerKind } from "./cluster/worker-process.ts";
import { drill } from "./drill/drill.ts";
import { ledgerLines, runLedger } from "./drill/ledger-run.ts";
import { machineLine, watchMachine } from "./drill/machine.ts";
import { held, reportLines, wrapped } from "./drill/report.ts";
import { rows, rowsNamed } from "./drill/rows.ts";
import { shortMs } from "./text-table.ts";
import { count } from "./count.ts";

const usage = `npm run drill -- [options]

  --rows a,b      only these rows (see --list)
  --kind KIND     sdk, plain or both: what the workers are (both)
  --runs N        play each row N times (1)
  --rate N        requests a second (400)
  --ledger N      N POSTs instead, over links, while one worker after the other is killed, and others stopped
  --times         measure times of detection instead, over 20 runs (or --runs)
  --workers N     of the service, for --times (3)
  --json FILE     write the results as JSON as well
  --keep          keep logs and ledgers of clusters on which a row failed
  --list          the rows`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rows: { type: "string" },
      kind: { type: "string", default: "both" },
      runs: { type: "string" },
      rate: { type: "string", default: "400" },
      ledger: { type: "string" },
      times: { type: "boolean", default: false },
      workers: { type: "string", default: "3" },
      json: { type: "string" },
      keep: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(usage);
  if (values.list) return say(...rows.map((row) => `${row.name.padEnd(18)}${row.title}`));
  const kinds = kindsOf(values.kind);
  const perSecond = count("--rate", values.rate);
  const runs = values.runs === undefined ? undefined : count("--runs", values.runs);
  const machine = watchMachine();
  if (values.ledger !== undefined) {
    const result = await runLedger(
      { posts: count("--ledger", values.ledger), perSecond, workers: 5, killEveryMs: 3_000 },
      (line) => void process.stderr.write(`${line}\n`),
    );
    say("", ...ledgerLines(result), machineLine(machine()));
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
    return result.complaints.length === 0 ? 0 : 1;
  }
  if (values.times) {
    const { measureTimes } = await import("./drill/times.ts");
    const only = values.rows?.split(",");
    const code = await measureTimes({
      kinds,
      runs: runs ?? 20,
      workers: count("--workers", values.workers),
      perSecond,
      json: values.json,
      only,
      say,
    });
    say("", machineLine(machine()));
    return code;
  }
  const wanted = values.rows === undefined ? rows : rowsNamed(values.rows.split(","));
  const results = await drill({
    rows: wanted,
    kinds,
    runs: runs ?? 1,
    row: { perSecond },
    keep: values.keep,
    onResult(result) {
      const verdict = result.complaints.length === 0 ? "ok" : "FAIL";
      const { requests, failed, refused, slowestMs } = result.tally;
      const sum = `${requests} sent, ${failed + refused} failed, slowest ${shortMs(slowestMs)}`;
      process.stderr.write(`${verdict.padEnd(5)}${result.row} (${result.kind}): ${sum}\n`);
      for (const complaint of result.complaints)
        process.stderr.write(`${wrapped(`  ${complaint}`).join("\n")}\n`);
    },
  });
  say("", ...reportLines(results), machineLine(machine()));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  return held(results) ? 0 : 1;
}

function say(...lines: string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

function kindsOf(text: string): WorkerKind[] {
  if (text === "both") return ["sdk", "plain"];
  if (text === "sdk" || text === "plain") return [text];
  throw new Error(`--kind ${text}: must be sdk, plain or both`);
}

// A drill that is cut short must still take its processes with it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`drill: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
