import { eventually } from "../../src/demo/wait.ts";
import type { Generator } from "../load/generator.ts";
import { wrk } from "../load/wrk.ts";
import { busyOf, cpuBetween, cpuOf, rssBytesOf } from "../machine/proc.ts";
import type { Running } from "../peers/peer.ts";
import type { Step } from "../suite/plan.ts";
import type { Cpu, Latency, Measurement } from "../suite/results.ts";

export interface Instruments {
  generator: Generator;
  /** Of wrk. */
  core: number;
  /** For wrk's script. */
  directory: string;
  seconds: number;
  /** Never more than the machine can hold open. */
  connectionsMax: number;
}

interface Load {
  connections: number;
  requests: number;
  seconds: number;
  latency?: Latency;
}

/** Above this many connections their end is work that the next measurement must not pay for. */
const manyConnections = 256;

/**
 * Of the same rate, before a rate is measured: generator, peer and workers come out of idleness, and in a round of a second the
 * slowest hundredth would be that alone.
 */
const leadSeconds = 0.5;

interface Reading {
  proxy: Cpu;
  worker: Cpu;
  others: Cpu;
  /** Of the proxy's cores, whoever used them. */
  busy: number;
}

function read(running: Running): Reading {
  return {
    proxy: cpuOf(running.proxyPids),
    worker: cpuOf(running.workerPids),
    others: cpuOf(running.otherPids),
    busy: busyOf(running.proxyCores),
  };
}

/** One measurement: what the processes have used before and after a load. Rejects where one answer was wrong. */
export async function measure(
  step: Step,
  running: Running,
  instruments: Instruments,
  rssBeforeBytes: number,
): Promise<Measurement> {
  const closedLoop = step.of.closed?.by === "own generator" ? closedByGenerator : closedByWrk;
  const run = step.loop === "open" ? openLoop : closedLoop;
  let before = read(running);
  const load = await run(step, running, instruments, () => (before = read(running)));
  const after = read(running);
  const proxy = cpuBetween(before.proxy, after.proxy);
  const measurement: Measurement = {
    case: step.of.name,
    peer: step.peer,
    round: step.round,
    loop: step.loop,
    ...load,
    proxy,
    worker: cpuBetween(before.worker, after.worker),
    others: cpuBetween(before.others, after.others),
    elsewhere: Math.max(0, after.busy - before.busy - proxy.user - proxy.system),
    rssBytes: rssBytesOf(running.proxyPids),
    rssBeforeBytes,
  };
  if (run !== closedByWrk) {
    await instruments.generator.close();
    if (load.connections > manyConnections) await untilQuiet(running);
  }
  return measurement;
}

type Run = (step: Step, running: Running, instruments: Instruments, begins: () => void) => Promise<Load>;

const closedByWrk: Run = async (step, running, { core, directory, seconds }) => {
  const { ask, closed, setup } = step.of;
  const connections = closed?.connections ?? 1;
  const counted = await wrk({
    ask,
    port: running.port,
    tls: setup.tls,
    connections,
    seconds,
    core,
    directory,
  });
  return { connections, requests: counted.requests, seconds: counted.seconds };
};

const closedByGenerator: Run = async (step, running, { generator, seconds }, begins) => {
  const { ask, closed, setup } = step.of;
  const connections = closed?.connections ?? 1;
  await generator.open({ target: { port: running.port, tls: setup.tls }, ask, connections });
  begins();
  const { requests, seconds: took } = await generator.runClosed(seconds);
  return { connections, requests, seconds: took };
};

const openLoop: Run = async (step, running, { generator, seconds, connectionsMax }, begins) => {
  const { ask, open, setup } = step.of;
  const connections = Math.min(open?.connections ?? 1, connectionsMax);
  const perSecond = open?.perSecond ?? 1;
  await generator.open({ target: { port: running.port, tls: setup.tls }, ask, connections });
  await generator.runOpen(perSecond, leadSeconds);
  begins();
  const { requests, seconds: took, latency } = await generator.runOpen(perSecond, seconds);
  return { connections, requests, seconds: took, latency };
};

/** Until neither proxy nor workers use time. */
async function untilQuiet(running: Running): Promise<void> {
  const pids = [...running.proxyPids, ...running.workerPids];
  const used = (): number => cpuOf(pids).user + cpuOf(pids).system;
  let last = used();
  await eventually(
    () => {
      const now = used();
      const quiet = now === last;
      last = now;
      return quiet || undefined;
    },
    { withinMs: 5_000, everyMs: 60 },
  );
}
