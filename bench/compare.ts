/**
 * `npm run bench:cpu`: CPU time per request of one skein proxy process beside nginx and HAProxy. How and why it is
 * fair: bench/README.md. Options: --rounds N (7), --seconds N (4), --check (exit 1 above 1.5 x nginx).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Measurement } from "./compare/load.ts";
import { connections, measure } from "./compare/load.ts";
import { isInstalled, pin, versionOf } from "./compare/process.ts";
import type { Running } from "./compare/rivals.ts";
import {
  otherCore,
  proxyCore,
  startHaproxy,
  startNginxProxy,
  startSkein,
  startWorkers,
} from "./compare/rivals.ts";

const targetRatio = 1.5;
/** The compilers of V8 are done by then; a gateway runs for weeks. */
const warmUpSeconds = 6;

interface Contender {
  name: string;
  running: Running;
  measurements: Measurement[];
}

interface Spread {
  median: number;
  least: number;
  most: number;
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1] ?? 0, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

function show({ median, least, most }: Spread, digits: number): string {
  return `${median.toFixed(digits).padStart(8)}   (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

async function startAll(directory: string, stops: (() => Promise<void>)[]): Promise<Contender[]> {
  const start = async (name: string, starting: Promise<Running>): Promise<Contender> => {
    const running = await starting;
    stops.push(() => running.stop());
    pin(running.pid, proxyCore);
    for (const pid of running.others) pin(pid, otherCore);
    return { name, running, measurements: [] };
  };
  const workers = await startWorkers(directory);
  stops.push(() => workers.stop());
  const contenders = [
    await start("skein", startSkein(join(directory, "skein"))),
    await start("nginx", startNginxProxy(directory)),
  ];
  if (isInstalled("haproxy")) {
    contenders.push(await start("haproxy", startHaproxy(join(directory, "haproxy"))));
  } else {
    console.log("haproxy is not installed: not compared (Debian: apt-get install haproxy)");
  }
  return contenders;
}

function report(contenders: readonly Contender[]): number {
  const nginx = contenders.find(({ name }) => name === "nginx")!;
  console.log("\nCPU microseconds per request, median (least to most)");
  for (const { name, measurements } of contenders) {
    console.log(`  ${name.padEnd(8)} ${show(spread(measurements.map((one) => one.microseconds)), 1)}`);
  }
  console.log("\ntimes nginx, by pairs measured one after the other, median (least to most)");
  let ratio = 0;
  for (const { name, measurements } of contenders) {
    if (name === "nginx") continue;
    const ratios = spread(
      measurements.map((one, round) => one.microseconds / nginx.measurements[round]!.microseconds),
    );
    console.log(`  ${name.padEnd(8)} ${show(ratios, 2)}`);
    if (name === "skein") ratio = ratios.median;
  }
  return ratio;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "7" },
      seconds: { type: "string", default: "4" },
      check: { type: "boolean", default: false },
    },
  });
  const missing = ["nginx", "wrk", "taskset"].filter((program) => !isInstalled(program));
  if (missing.length > 0 || availableParallelism() < 2 || process.platform !== "linux") {
    console.log(`bench:cpu needs Linux, two cores and ${missing.join(", ") || "nginx, wrk, taskset"}`);
    process.exitCode = 1;
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), "skein-bench-"));
  const stops: (() => Promise<void>)[] = [];
  try {
    const contenders = await startAll(directory, stops);
    console.log(
      `node ${process.version}, ${versionOf("nginx", "-v")}, ${connections} connections, 70-byte answers`,
    );
    for (const { running } of contenders) await measure(running, warmUpSeconds);
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const { name, running, measurements } of contenders) {
        const one = await measure(running, Number(values.seconds));
        measurements.push(one);
        console.log(
          `  round ${round + 1} ${name.padEnd(8)} ${one.microseconds.toFixed(1).padStart(6)} us/request ` +
            `${one.requestsPerSecond.toFixed(0).padStart(7)} requests/s`,
        );
      }
    }
    const ratio = report(contenders);
    console.log(
      `\nload average of the machine at the end: ${loadavg()[0]!.toFixed(1)} (an idle one: about 2)`,
    );
    console.log(`target: at most ${targetRatio} x nginx: ${ratio <= targetRatio ? "held" : "NOT held"}`);
    if (values.check && ratio > targetRatio) process.exitCode = 1;
  } finally {
    for (const stopOne of stops.toReversed()) await stopOne();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
