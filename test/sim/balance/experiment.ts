import { hashText } from "../../../src/core/balancing/hash.ts";
import type { Policy } from "../../../src/core/balancing/candidate.ts";
import { type Random, seededRandom } from "../../../src/runtime/random.ts";
import { capacityOf, exponential } from "./behaviour.ts";
import { GatewayModel } from "./gateway-model.ts";
import type { Scenario } from "./scenarios.ts";
import { Timeline } from "./timeline.ts";
import { WorkerModel } from "./worker-model.ts";

export interface Outcome {
  scenario: string;
  policy: Policy;
  seed: number;
  /** Measured requests: those that arrived after the warm-up. */
  requests: number;
  failed: number;
  meanMs: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  /** Of the requests for each unit of capacity: the greatest of a worker, in proportion to the mean. 1: even. */
  imbalance: number;
  /** Workers taken out for being slow, each as often as it was, by their position. */
  ejected: number[];
}

/** Longer than this, and a request counts as failed: its client has gone. */
const patienceMs = 30_000;
const users = 10_000;

/** One policy before one population, in virtual time. The same seed gives the same outcome, to the last digit. */
export function experiment(
  scenario: Scenario,
  policy: Policy,
  seed: number,
  options: { ejectSlow?: boolean } = {},
): Outcome {
  const timeline = new Timeline();
  const workers = makeWorkers(scenario, seed, timeline);
  const gateways = makeGateways(scenario, { policy, ...options }, seed, timeline);
  for (const worker of workers) {
    timeline.at(worker.joinsAtMs, () => gateways.forEach((gateway) => gateway.join(worker)));
  }
  const latencies = arrive(scenario, seed, timeline, gateways);
  timeline.run();
  const ejected = gateways.flatMap((gateway) => gateway.ejected);
  return {
    ...summary(scenario, policy, seed, latencies, workers),
    ejected: ejected.map(({ worker }) => Number(worker.slice("worker-".length))),
  };
}

function makeWorkers(scenario: Scenario, seed: number, timeline: Timeline): WorkerModel[] {
  return scenario.workers
    .flatMap(({ count, behaviour }) => Array.from({ length: count }, () => behaviour))
    .map((behaviour, at) => {
      const chance = seededRandom(seed * 1_000_003 + at);
      return new WorkerModel(`worker-${at}`, behaviour, scenario.slots, timeline, chance);
    });
}

function makeGateways(
  scenario: Scenario,
  chosen: { policy: Policy; ejectSlow?: boolean },
  seed: number,
  timeline: Timeline,
): GatewayModel[] {
  const options = { ...chosen, slowStartMs: scenario.slowStartMs, reports: scenario.reports };
  return Array.from(
    { length: scenario.gateways },
    (_, at) => new GatewayModel(options, timeline, seededRandom(seed * 7_919 + 104_729 * (at + 1))),
  );
}

/** Latencies of the measured requests, filled as they are answered; a failed one stays below 0. */
function arrive(
  scenario: Scenario,
  seed: number,
  timeline: Timeline,
  gateways: readonly GatewayModel[],
): number[] {
  const chance = seededRandom(seed);
  const meanGapMs = 1_000 / arrivalsPerSecond(scenario);
  const endsAtMs = scenario.warmUpMs + scenario.measuredMs;
  const latencies: number[] = [];
  const next = (): void => {
    const arrivedAt = timeline.nowMs;
    const gateway = gateways[Math.floor(chance() * gateways.length)];
    const place = arrivedAt < scenario.warmUpMs ? -1 : latencies.push(-1) - 1;
    gateway?.request(workOf(scenario, chance), keyOf(chance), () => {
      const tookMs = timeline.nowMs - arrivedAt;
      if (place >= 0 && tookMs <= patienceMs) latencies[place] = tookMs;
    });
    const at = arrivedAt + exponential(meanGapMs, chance);
    if (at < endsAtMs) timeline.at(at, next);
  };
  timeline.at(0, next);
  return latencies;
}

export function arrivalsPerSecond(scenario: Scenario): number {
  const { serviceMs, utilization, slots } = scenario;
  return (1_000 * utilization * slots * capacityIn(scenario)) / serviceMs;
}

function capacityIn({ workers }: Scenario): number {
  return workers.reduce((sum, { count, behaviour }) => sum + count * capacityOf(behaviour), 0);
}

/** One of 10,000 users, hashed; the first of them ask most often, by Zipf's law (a continuous form of it). */
function keyOf(chance: Random): number {
  return hashText(`user-${Math.floor(users ** chance())}`);
}

/** How long one request takes at full speed. */
export function workOf({ serviceMs, spread }: Scenario, chance: Random): number {
  if (spread === "exponential") return exponential(serviceMs, chance);
  const { sigma } = spread;
  const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
  return serviceMs * Math.exp(sigma * normal - (sigma * sigma) / 2);
}

function summary(
  scenario: Scenario,
  policy: Policy,
  seed: number,
  latencies: readonly number[],
  workers: readonly WorkerModel[],
): Omit<Outcome, "ejected"> {
  const sorted = Float64Array.from(latencies.filter((ms) => ms >= 0)).sort();
  const quantile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  const capacities = scenario.workers.flatMap(({ count, behaviour }) =>
    Array.from({ length: count }, () => capacityOf(behaviour)),
  );
  const loads = workers.map(({ served }, at) => served / (capacities[at] ?? 1));
  const mean = workers.reduce((sum, { served }) => sum + served, 0) / capacityIn(scenario);
  return {
    scenario: scenario.name,
    policy,
    seed,
    requests: latencies.length,
    failed: latencies.length - sorted.length,
    meanMs: sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    p999Ms: quantile(0.999),
    imbalance: Math.max(...loads) / mean,
  };
}
