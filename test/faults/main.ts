// `npm run faults [-- row...]`: faults between hosts, done to a real cluster in network namespaces. Needs root and etcd.
import { parseArgs } from "node:util";
import { machineLine, watchMachine } from "../../src/demo/drill/machine.ts";
import { missingEtcd } from "../etcd/etcd-cluster.ts";
import { missingTool } from "../tools.ts";
import { missingKeepalived } from "./virtual-ip/keepalived.ts";
import { missingLab } from "./lab/network.ts";
import { missingWallClocks } from "./lab/wall-clocks.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { Campaign } from "./campaign.ts";
import { reportLines } from "./report.ts";
import { rows, rowsNamed } from "./rows.ts";
import { count } from "../../src/demo/count.ts";

/** As sysexits.h has it: a temporary failure, try again. */
const moreToPlay = 75;

const usage = `npm run faults -- [row...] [options]

  --runs N        play each row N times (1)
  --rate N        requests a second to each gateway (100)
  --seconds N     how long a fault lasts (the row's own time: 10, or 60)
  --json FILE     add each run to the runs in FILE as soon as it is over, and play only those that are missing there
  --minutes N     begin no run after this time; exit code 75 when some are missing
  --list          the rows`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "1" },
      rate: { type: "string", default: "100" },
      seconds: { type: "string" },
      json: { type: "string" },
      minutes: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(usage);
  if (values.list) return say(...rows.map(({ name, title }) => `${name.padEnd(28)}${title}`));
  const missing =
    missingLab() ||
    missingEtcd() ||
    missingTool("curl", "curl") ||
    missingKeepalived() ||
    missingWallClocks();
  if (missing !== false) throw new Error(`cannot run here: ${missing}`);
  const campaign = new Campaign({
    rows: rowsNamed(positionals),
    runs: count("--runs", values.runs),
    perSecond: count("--rate", values.rate),
    holdMs: values.seconds === undefined ? undefined : count("--seconds", values.seconds) * 1000,
    file: values.json,
    endsAt:
      systemClock.now() +
      (values.minutes === undefined ? Infinity : count("--minutes", values.minutes) * 60_000),
  });
  const machine = watchMachine();
  const results = await campaign.play();
  say("", ...reportLines(results), machineLine(machine()));
  if (campaign.missing > 0) return moreToPlay;
  return results.every(({ complaints }) => complaints.length === 0) ? 0 : 1;
}

function say(...lines: string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

// A run that is cut short must still take its processes and namespaces with it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
