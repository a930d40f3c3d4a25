// `npm run scale`: what many workers cost, and whether they survive the controllers' pauses and restarts.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measureScale, type ScaleResult } from "./scale/scale.ts";
import { openFilesHardLimit } from "./scale/process-cpu.ts";
import { shortMs, textTable } from "./text-table.ts";
import { count } from "./count.ts";

const usage = `npm run scale -- [options]

  --workers N    how many (10000, or what the limit of open files allows)
  --seconds N    length of a measurement (10)
  --json FILE    write the results as JSON as well`;

const wantedWorkers = 10_000;
/** Descriptors that a process needs besides the sessions: checks under way, files, streams. */
const sparedFiles = 1500;
const processes = 2;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      workers: { type: "string", default: String(wantedWorkers) },
      seconds: { type: "string", default: "10" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(usage);
  const wanted = count("--workers", values.workers);
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new Error("--seconds must be a number above 0");
  // A controller holds one session of each worker, a process of the crowd two of each of its half.
  const limit = openFilesHardLimit();
  const workers = Math.min(wanted, limit - sparedFiles);
  if (workers < wanted) {
    say(`ulimit -Hn is ${limit}: ${workers} workers instead of ${wanted}`);
  }
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const result = await measureScale({ workers, processes, seconds, progress });
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  const checks = checksOf(result);
  say(
    "",
    ...resultLines(result),
    "",
    ...checks.map((check) => `${check.ok ? "ok  " : "FAIL"} ${check.text}`),
  );
  return checks.every((check) => check.ok) ? 0 : 1;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function resultLines(result: ScaleResult): string[] {
  const { floor, beats } = result;
  return textTable(
    [
      { title: "process", align: "left" },
      { title: "messages/s", align: "right" },
      { title: "of a core", align: "right" },
    ],
    [
      ["bare ws server (the floor)", Math.round(floor.messagesPerSecond).toString(), percent(floor.cpuShare)],
      ...beats.controllers.map((controller) => [
        `${controller.name}${controller.leader ? " (leads)" : ""}`,
        Math.round(beats.perSecond).toString(),
        percent(controller.cpuShare),
      ]),
    ],
  );
}

function checksOf(result: ScaleResult): { ok: boolean; text: string }[] {
  const { workers, beats, restart } = result;
  const dearest = Math.max(...beats.controllers.map((controller) => controller.cpuShare));
  // Controllers may ask many workers for a slower beat: then they must be cheaper.
  const slower = beats.perSecond < workers * 0.75;
  const limit = slower ? 0.2 : 0.4;
  const sinceLast = restart.sinceLastSessionMs;
  return [
    {
      ok: result.joinedMs !== undefined && result.refused === 0,
      text: `${workers} joined in ${shortMs(result.joinedMs)}, ${result.refused} refused for good`,
    },
    {
      ok: dearest <= limit,
      text: `the dearer controller takes ${percent(dearest)} of a core (at most ${percent(limit)}${slower ? ", at the slower beat it asks for" : ""})`,
    },
    {
      ok: result.pause.evicted === 0,
      text: `${result.pause.evicted} workers out in a pause of 3 s of every controller`,
    },
    {
      ok: sinceLast !== undefined && sinceLast <= 5000,
      text: `anew with empty state: ${restart.held} held ${shortMs(sinceLast)} after the last session (at most 5 s), ${shortMs(restart.sinceFirstSessionMs)} after the first; reconnecting took ${shortMs(restart.reconnectingMs)}, all since the kill ${shortMs(restart.sinceStartMs)}`,
    },
  ];
}

function say(...lines: string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`scale: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
