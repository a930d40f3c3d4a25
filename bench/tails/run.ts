import { availableParallelism } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../src/demo/cluster/free-port.ts";
import { Generator } from "../../src/demo/load/generator.ts";
import { pause } from "../../src/demo/wait.ts";
import { packageVersion } from "../../src/protocol/version.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { arrivalsPerSecond } from "../../test/sim/balance/experiment.ts";
import type { Scenario } from "../../test/sim/balance/scenarios.ts";
import { aboutMachine, commitHere, loadNow } from "../machine/about.ts";
import { pin } from "../machine/process.ts";
import { Stops } from "../run/stops.ts";
import { startGateway } from "./gateways.ts";
import { figuresOf, type TailMeasurement, type TailResults } from "./results.ts";
import { rivals, startRival } from "./rivals.ts";
import { TailWorkers } from "./workers.ts";

/** Not counted: the gateways get to know their workers, the compilers of V8 are done. */
const warmUpSeconds = 4;
const keptConnections = 64;
/** A generator that was later than this itself measured the machine, not the gateway: the load is run again. */
const lateMsMax = 12;
const triesMax = 5;
/** A client's patience; longer counts as failed. */
const timeoutMs = 10_000;

export interface TailOptions {
  scenarios: readonly Scenario[];
  rounds: number;
  seconds: number;
  directory: string;
}

type Say = (line: string) => void;

/** The proxy under load has core 0; everything else is on the last one. */
const proxyCore = 0;
const otherCore = availableParallelism() - 1;

export async function runTails(options: TailOptions, stops: Stops, say: Say): Promise<TailResults> {
  if (otherCore === proxyCore) throw new Error("it needs two cores: the proxy has one to itself");
  pin(process.pid, [otherCore]);
  const results: TailResults = {
    v: 1,
    startedAt: new Date().toISOString(),
    commit: commitHere(),
    machine: aboutMachine(),
    versions: { skein: `skein ${packageVersion}, node ${process.version}` },
    seconds: options.seconds,
    scenarios: options.scenarios.map((scenario) => ({
      name: scenario.name,
      what: scenario.what,
      perSecond: arrivalsPerSecond(scenario),
    })),
    measurements: [],
    leftOut: [],
  };
  for (const scenario of options.scenarios) await runScenario(scenario, options, results, stops, say);
  results.machine.loadAfter = loadNow();
  return results;
}

async function runScenario(
  scenario: Scenario,
  options: TailOptions,
  results: TailResults,
  outer: Stops,
  say: Say,
): Promise<void> {
  const stops = new Stops();
  outer.add(() => stops.run());
  try {
    const { workers, peers } = await startAll(scenario, options, results, stops);
    for (let round = 1; round <= options.rounds; round += 1) {
      // Each round in the opposite order of the one before: what drifts, drifts for all.
      for (const peer of round % 2 === 1 ? peers : peers.toReversed()) {
        const figures = await loadOnTime(peer.port, scenario, options.seconds, workers);
        const measurement = { scenario: scenario.name, peer: peer.name, round, ...figures };
        results.measurements.push(measurement);
        const { name, p50, p99, p999, failed } = { ...peer, ...figures };
        say(
          `  ${scenario.name} ${round}: ${name}: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, p99.9 ${p999.toFixed(0)} ms, ${failed} failed`,
        );
        await workers.idle();
      }
    }
  } finally {
    await stops.run();
  }
}

interface StartedPeer {
  name: string;
  port: number;
}

/** Two gateways of ours, for workers that joined and for the same at fixed addresses; and every rival that is installed. */
async function startAll(
  scenario: Scenario,
  { directory }: TailOptions,
  results: TailResults,
  stops: Stops,
): Promise<{ workers: TailWorkers; peers: StartedPeer[] }> {
  const root = join(directory, scenario.name);
  const cores = { core: proxyCore, otherCore };
  const joined = await startGateway({ directory: join(root, "skein-link"), workers: [], ...cores }, stops);
  const workers = await TailWorkers.start(
    scenario,
    joined.control,
    { core: otherCore, directory: root },
    stops,
  );
  const fixed = { directory: join(root, "skein"), workers: workers.ports, ...cores };
  const plain = await startGateway(fixed, stops);
  const peers: StartedPeer[] = [
    { name: "skein (SDK workers)", port: joined.port },
    { name: "skein (plain workers)", port: plain.port },
  ];
  for (const rival of rivals) {
    const reason = rival.missing();
    if (reason !== undefined) {
      results.leftOut.push({ peer: rival.name, reason });
      continue;
    }
    const ports = await freePorts(rival.ways.length);
    const place = { directory: join(root, rival.name), ports, workers: workers.ports, core: proxyCore };
    await startRival(rival, place, stops);
    results.versions[rival.name] = rival.version();
    peers.push(...rival.ways.map(({ name }, at) => ({ name, port: ports[at] ?? 0 })));
  }
  return { workers, peers };
}

type Figures = Omit<TailMeasurement, "scenario" | "peer" | "round">;

async function loadOnTime(
  port: number,
  scenario: Scenario,
  seconds: number,
  workers: TailWorkers,
): Promise<Figures> {
  for (let tries = 1; ; tries += 1) {
    const figures = await load(port, scenario, seconds);
    if (figures.lateP99 <= lateMsMax || tries === triesMax) return { ...figures, tries };
    await workers.idle();
  }
}

/** Open loop: what is due is sent, whatever became of those before. */
async function load(port: number, scenario: Scenario, seconds: number): Promise<Figures> {
  const generator = new Generator();
  try {
    await generator.start({
      target: { host: "127.0.0.1", port },
      name: "tail",
      perSecond: arrivalsPerSecond(scenario),
      postShare: 0,
      freshShare: 0,
      connections: keptConnections,
      timeoutMs,
    });
    const countedFrom = systemClock.now() + warmUpSeconds * 1000;
    await pause((warmUpSeconds + seconds) * 1000);
    const { lateMsP99 } = await generator.stop();
    return { ...figuresOf(generator.records, countedFrom), lateP99: lateMsP99, tries: 1 };
  } finally {
    generator.close();
  }
}
