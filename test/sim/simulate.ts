import { seededRandom } from "../../src/runtime/random.ts";
import { VirtualCluster } from "../../src/testing/index.ts";
import { drawFaults, type Fault } from "./faults.ts";
import { Invariants } from "./invariants.ts";

export interface Report {
  seed: number;
  violations: string[];
  /** What was done to the cluster, in order. */
  transcript: string[];
  requests: number;
}

const faultsForMs = 6_000;
const lookEveryMs = 50;
/** After a fault that touched it, a worker has so long to be everywhere again. */
const graceMs = 1_000;
const tablesWholeAfterMs = 1_000;
/** A leader's unreported death is noticed by 1.5 s of silence. */
const ledAfterMs = 2_500;
const allWholeAfterMs = 7_000;

/** One run: a cluster drawn by the seed, faults drawn by the seed, and what must never be. */
export async function simulate(seed: number): Promise<Report> {
  const random = seededRandom(seed ^ 0x5eed);
  const between = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1));
  const shape = { controllers: between(2, 3), proxies: between(1, 2), workers: between(2, 5) };
  const cluster = new VirtualCluster({ seed, ...shape, requestEveryMs: 50 });
  const invariants = new Invariants(cluster);
  const transcript = [`${shape.controllers} controllers, ${shape.proxies} proxies, ${shape.workers} workers`];
  await cluster.start();
  const from = cluster.time.nowMs;
  const faults = drawFaults(cluster, random, { fromMs: from, toMs: from + faultsForMs });
  for (const fault of faults) schedule(cluster, invariants, fault, transcript);
  const lastEndMs = Math.max(from, ...faults.map((fault) => fault.endsAtMs));
  await watch(cluster, invariants, lastEndMs + tablesWholeAfterMs);
  invariants.tablesAreWhole(tablesWholeAfterMs);
  await watch(cluster, invariants, lastEndMs + ledAfterMs);
  invariants.oneLeads();
  await watch(cluster, invariants, lastEndMs + allWholeAfterMs);
  invariants.everybodyIsChosen();
  return { seed, violations: invariants.violations, transcript, requests: invariants.requests };
}

async function watch(cluster: VirtualCluster, invariants: Invariants, untilMs: number): Promise<void> {
  while (cluster.time.nowMs < untilMs) {
    await cluster.time.run(lookEveryMs);
    invariants.look();
  }
}

function schedule(cluster: VirtualCluster, invariants: Invariants, fault: Fault, transcript: string[]): void {
  const workers = fault.touches.filter((name) => cluster.workers.has(name));
  const at = (ms: number): string => `${ms.toFixed(0)} ms`;
  transcript.push(`${at(fault.atMs)} to ${at(fault.endsAtMs)}: ${fault.name}`);
  cluster.time.at(fault.atMs, () => {
    for (const id of workers) invariants.disturbedUntilMs.set(id, Number.POSITIVE_INFINITY);
    fault.begin();
  });
  cluster.time.at(fault.endsAtMs, () => {
    for (const id of workers)
      invariants.disturbedUntilMs.set(id, cluster.time.nowMs + allWholeAfterMs + graceMs);
    fault.end();
  });
}
