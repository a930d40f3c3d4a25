import { availableParallelism, setPriority } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../src/demo/cluster/free-port.ts";
import { openFilesHardLimit } from "../../src/demo/scale/process-cpu.ts";
import { packageVersion } from "../../src/protocol/version.ts";
import type { Scenario } from "../../test/sim/balance/scenarios.ts";
import { aboutMachine, commitHere, loadNow } from "../machine/about.ts";
import { pin } from "../machine/process.ts";
import type { Stops } from "../run/stops.ts";
import { startGateway } from "../tails/gateways.ts";
import { startRival } from "../tails/rivals.ts";
import { TailWorkers } from "../tails/workers.ts";
import { figuresOf, type OverloadMeasurement, type OverloadResults, verdictsOf } from "./results.ts";
import { overloadRivals } from "./rivals.ts";
import { load, phases, timeoutMs } from "./traffic.ts";

/** So many requests at once in each worker, each waits for a timer: the workers are full long before this machine is. */
const scenario: Scenario = {
  name: "overload",
  what: "three workers that serve four requests at once, 20 ms each",
  workers: [{ count: 3, behaviour: { kind: "steady", speed: 1 } }],
  gateways: 1,
  slots: 4,
  serviceMs: 20,
  spread: { sigma: 0.1 },
  utilization: 1,
  warmUpMs: 0,
  measuredMs: 0,
  slowStartMs: 0,
  reports: true,
};
const capacityPerSecond = (3 * scenario.slots * 1_000) / scenario.serviceMs;

/** Everything else is as it is by default: nobody tells ours how much the workers can do. */
const service = { fairBy: "header:x-tenant" };
const route = { priority: { header: "x-priority", raise: true } };

export interface OverloadOptions {
  rounds: number;
  seconds: number;
  /** Beginnings of names; none: all. */
  peers: readonly string[];
  directory: string;
}

type Say = (line: string) => void;

/** Nobody waits for longer than a client's patience; twice, as connections end a moment later; one to the worker for each. */
const descriptorsMin = 2 * 2 * 3 * capacityPerSecond * (timeoutMs / 1_000);
/** A generator that was later than this itself measured the machine, not the gateway: the load is run again. */
const lateMsMax = 12;
const triesMax = 3;

const proxyCore = 0;
const otherCore = availableParallelism() - 1;

export async function runOverload(
  options: OverloadOptions,
  stops: Stops,
  say: Say,
): Promise<OverloadResults> {
  if (otherCore === proxyCore) throw new Error("it needs two cores: the proxy has one to itself");
  if (openFilesHardLimit() < descriptorsMin)
    throw new Error(`it needs ${descriptorsMin} open files: raise \`ulimit -n\``);
  pin(process.pid, [otherCore]);
  const results: OverloadResults = {
    v: 1,
    startedAt: new Date().toISOString(),
    commit: commitHere(),
    machine: aboutMachine(),
    versions: { skein: `skein ${packageVersion}, node ${process.version}` },
    workers: scenario.what,
    capacityPerSecond,
    seconds: options.seconds,
    measurements: [],
    verdicts: [],
    leftOut: [],
  };
  const { workers, peers } = await startAll(options, results, stops);
  preferThisProcess();
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const peer of round % 2 === 1 ? peers : peers.toReversed()) {
      const figures = await loadOnTime(peer.port, options.seconds, workers);
      const measurement = { peer: peer.name, round, ...figures };
      results.measurements.push(measurement);
      say(`  ${round}: ${JSON.stringify(measurement, (_, value: unknown) => rounded(value))}`);
    }
  }
  results.machine.loadAfter = loadNow();
  results.verdicts = verdictsOf(results.measurements);
  return results;
}

/** The clients are in this process: on time on a busy machine, where that is allowed. How late they were is measured. */
function preferThisProcess(): void {
  try {
    setPriority(-10);
  } catch {
    // Only root may.
  }
}

async function loadOnTime(
  port: number,
  seconds: number,
  workers: TailWorkers,
): Promise<Omit<OverloadMeasurement, "peer" | "round">> {
  for (let tries = 1; ; tries += 1) {
    const loaded = await load(port, capacityPerSecond, phases(seconds));
    await workers.idle();
    const figures = figuresOf(loaded, await workers.takeLedger(), capacityPerSecond);
    if (figures.lateP99 <= lateMsMax || tries === triesMax) return { ...figures, tries };
  }
}

function rounded(value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1_000) / 1_000 : value;
}

async function startAll(
  { directory, peers: wanted }: OverloadOptions,
  results: OverloadResults,
  stops: Stops,
): Promise<{ workers: TailWorkers; peers: { name: string; port: number }[] }> {
  const settings = { core: proxyCore, otherCore, service, route };
  const joined = await startGateway(
    { directory: join(directory, "skein-link"), workers: [], ...settings },
    stops,
  );
  const place = { core: otherCore, directory, ledger: true };
  const workers = await TailWorkers.start(scenario, joined.control, place, stops);
  const fixed = { directory: join(directory, "skein"), workers: workers.ports, ...settings };
  const plain = await startGateway(fixed, stops);
  const peers = [
    { name: "skein (SDK workers)", port: joined.port },
    { name: "skein (plain workers)", port: plain.port },
  ];
  for (const rival of overloadRivals(scenario.slots)) {
    const reason = rival.missing();
    if (reason !== undefined) {
      results.leftOut.push({ peer: rival.name, reason });
      continue;
    }
    const ports = await freePorts(rival.ways.length);
    const where = { directory: join(directory, rival.name), ports, workers: workers.ports, core: proxyCore };
    await startRival(rival, where, stops);
    results.versions[rival.name] = rival.version();
    peers.push(...rival.ways.map(({ name }, at) => ({ name, port: ports[at] ?? 0 })));
  }
  const isWanted = (name: string): boolean =>
    wanted.length === 0 || wanted.some((one) => name.startsWith(one));
  return { workers, peers: peers.filter(({ name }) => isWanted(name)) };
}
