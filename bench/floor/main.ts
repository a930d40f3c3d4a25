/**
 * `npm run bench:floor`: what Node itself takes for the clients' side of a small request, beside what a bare worker takes. The
 * floor reads each request and writes an answer of the usual length, by the proxy's own ways of reading and writing, and does
 * nothing else; the worker is the one of `npm run bench`. In turns on one core, the load on the other: what any gateway in Node costs
 * over its worker is at least the first.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../src/demo/cluster/free-port.ts";
import { inheritedNodeFlags } from "../../src/runtime/entry.ts";
import { proxyFlags } from "../../src/runtime/proxy-flags.ts";
import { wrk } from "../load/wrk.ts";
import { placementOn } from "../machine/placement.ts";
import { cpuBetween, cpuOf } from "../machine/proc.ts";
import { startOn, stop, untilListening } from "../machine/process.ts";
import type { Stage } from "../peers/peer.ts";
import { Stops } from "../run/stops.ts";
import { cases } from "../suite/cases.ts";
import { type Spread, spreadOf } from "../suite/statistics.ts";
import { startWorkers } from "../workers/worker-process.ts";

const rounds = 7;
const warmUpRounds = 3;
const seconds = 2;

interface Measured {
  name: string;
  port: number;
  pids: readonly number[];
  micros: number[];
  system: number[];
}

const get = cases.find(({ name }) => name === "get");
const cores = placementOn(availableParallelism(), 1);
if (get === undefined || cores === null) {
  process.stderr.write("bench:floor needs two cores\n");
  process.exit(2);
}
const { ask, setup, closed } = get;

async function startFloor(stage: Stage): Promise<Measured> {
  const port = stage.ports[0] ?? 0;
  const entry = new URL("fixed-answer.ts", import.meta.url).pathname;
  const command = [process.execPath, ...proxyFlags, ...inheritedNodeFlags(), entry];
  const env = { FLOOR_PORT: String(port) };
  const started = startOn(stage.cores.proxy, join(stage.directory, "floor.log"), command, { env });
  stage.onStop(() => stop(started.child));
  await untilListening(started, port);
  return { name: "floor", port, pids: [started.pid], micros: [], system: [] };
}

async function startBare(stage: Stage): Promise<Measured> {
  const { ports, pids } = await startWorkers(stage);
  return { name: "bare worker", port: ports[0] ?? 0, pids, micros: [], system: [] };
}

async function load(
  one: Measured,
  { directory, cores: { load: core } }: Stage,
  counts: boolean,
): Promise<void> {
  const before = cpuOf(one.pids);
  const connections = closed?.connections ?? 64;
  const { requests } = await wrk({ ask, port: one.port, tls: false, connections, seconds, core, directory });
  const { user, system } = cpuBetween(before, cpuOf(one.pids));
  if (!counts) return;
  one.micros.push((user + system) / requests);
  one.system.push(system / requests);
}

function say(name: string, spread: Spread | undefined, digits: number, unit: string): void {
  const { median, least, most } = spread ?? { median: Number.NaN, least: Number.NaN, most: Number.NaN };
  const [middle, from, to] = [median, least, most].map((value) => value.toFixed(digits));
  process.stdout.write(`${name.padEnd(28)} ${middle}${unit} (${from} to ${to})\n`);
}

const directory = mkdtempSync(join(tmpdir(), "skein-floor-"));
const stops = new Stops();
try {
  const stage: Stage = {
    setup,
    cores: { ...cores, worker: cores.proxy },
    directory,
    ports: await freePorts(3),
    onStop: (end) => stops.add(end),
  };
  const both = [await startFloor(stage), await startBare(stage)] as const;
  for (let round = -warmUpRounds; round < rounds; round += 1)
    for (const one of round % 2 === 0 ? both : both.toReversed()) await load(one, stage, round >= 0);
  const [floor, bare] = both;
  for (const { name, micros, system } of both) {
    say(`${name}: CPU a request`, spreadOf(micros), 1, " us");
    say(`${name}: in the kernel`, spreadOf(system), 1, " us");
  }
  say(
    "floor : bare worker",
    spreadOf(floor.micros.map((one, at) => one / (bare.micros[at] ?? Number.NaN))),
    2,
    "",
  );
} finally {
  await stops.run();
  rmSync(directory, { recursive: true, force: true });
}
