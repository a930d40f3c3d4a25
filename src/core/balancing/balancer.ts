import { type Candidate, type Chance, isFull, isUsable, type Policy, rampShare } from "./candidate.ts";
import { latencyNow } from "./latency.ts";
import { newTurns, takeTurn, type Turns } from "./turns.ts";
import { buildWeightedTable, drawFrom, type WeightedTable } from "./weighted-table.ts";

/**
 * The workers of one service that may be chosen, prepared for one policy. Built anew when the workers or their
 * weights change, not with each request. Only the turns of `round-robin` change in it.
 */
export interface BalancingSet<Worker extends Candidate> {
  readonly policy: Policy;
  readonly workers: readonly Worker[];
  readonly slowStartMs: number;
  readonly averageWeight: number;
  readonly table: WeightedTable;
  readonly turns: Turns<Worker>;
}

/** Workers of weight 0 get nothing and are left out. */
export function buildBalancingSet<Worker extends Candidate>(
  policy: Policy,
  candidates: readonly Worker[],
  slowStartMs: number,
  chance: Chance,
): BalancingSet<Worker> {
  const workers = candidates.filter((worker) => worker.weight > 0);
  const weights = workers.map((worker) => worker.weight);
  const averageWeight = weights.reduce((sum, weight) => sum + weight, 0) / Math.max(1, workers.length);
  const table = buildWeightedTable(weights);
  return { policy, workers, slowStartMs, averageWeight, table, turns: newTurns(workers, chance) };
}

/**
 * A worker for one request, or undefined when each is full or in `excluded` (those already tried). Costs: `p2c`
 * and `random` constant, `round-robin` O(log n), `least-in-flight` O(n); all of them O(n) while most workers are
 * full or excluded.
 */
export function pick<Worker extends Candidate>(
  set: BalancingSet<Worker>,
  now: number,
  chance: Chance,
  excluded: readonly Worker[] = nobody,
): Worker | undefined {
  switch (set.policy) {
    case "p2c":
      return pickOfTwo(set, now, chance, excluded);
    case "random":
      return draw(set, now, chance, excluded, undefined) ?? leastBy(set, now, chance, excluded, load);
    case "round-robin":
      return takeTurn(set.turns, set.slowStartMs, now, excluded);
    case "least-in-flight":
      return leastBy(set, now, chance, excluded, load);
  }
}

const nobody: readonly never[] = [];

/** Whether every worker that is not excluded is at its `maxInFlight` (and there is one): then a request queues. */
export function allFull<Worker extends Candidate>(
  set: BalancingSet<Worker>,
  excluded: readonly Worker[] = nobody,
): boolean {
  const candidates = set.workers.filter((worker) => !excluded.includes(worker));
  return candidates.length > 0 && candidates.every(isFull);
}

/**
 * Two are drawn by weight, and the cheaper one is taken. Costs that differ by less than `alikeFactor` count as
 * equal, and then the first drawn is taken: noise in the latencies must not send everything to one worker.
 */
function pickOfTwo<Worker extends Candidate>(
  set: BalancingSet<Worker>,
  now: number,
  chance: Chance,
  excluded: readonly Worker[],
): Worker | undefined {
  const first = draw(set, now, chance, excluded, undefined);
  if (first === undefined) return leastBy(set, now, chance, excluded, cost);
  if (set.workers.length === 1) return first;
  const second = draw(set, now, chance, excluded, first);
  if (second === undefined) return first;
  return cost(set, second, now) * alikeFactor < cost(set, first, now) ? second : first;
}

const alikeFactor = 1.25;
/** Differences of latency below this are noise. */
const latencyFloorMs = 1;
/** With two equal workers a vain search for the second happens once in 2^16 picks; its expected length is two. */
const drawsMax = 16;

/**
 * The expected wait: latency (peak EWMA) times the requests ahead, in proportion to the weight. A latency is known
 * only when an answer comes; until then the time that others wait there in silence is the better guess.
 */
function cost(set: BalancingSet<Candidate>, worker: Candidate, now: number): number {
  const silentMs = worker.silentSince === undefined ? 0 : Math.min(silentMsMax, now - worker.silentSince);
  const waitMs = Math.max(latencyNow(worker.latency, now), silentMs);
  return (waitMs + latencyFloorMs) * (1 + load(set, worker, now));
}

/** Longer silence is the stall rule's business; it says no more about the latency. */
const silentMsMax = 500;

/** Requests in flight per share of the traffic: 1 is one request at a worker of average weight. */
function load(set: BalancingSet<Candidate>, worker: Candidate, now: number): number {
  return (worker.inFlight * set.averageWeight) / (worker.weight * rampShare(worker, set.slowStartMs, now));
}

/** By weight; a worker in slow start is passed over in proportion. Undefined after some vain draws. */
function draw<Worker extends Candidate>(
  set: BalancingSet<Worker>,
  now: number,
  chance: Chance,
  excluded: readonly Worker[],
  other: Worker | undefined,
): Worker | undefined {
  let warming: Worker | undefined;
  for (let tries = 0; tries < drawsMax; tries += 1) {
    const worker = set.workers[drawFrom(set.table, chance())];
    if (worker === undefined || worker === other || !isUsable(worker, excluded)) continue;
    const share = rampShare(worker, set.slowStartMs, now);
    if (share >= 1 || chance() < share) return worker;
    warming = worker;
  }
  return warming;
}

/** Looks at all, beginning anywhere, so that equals share evenly; of equal loads the heavier worker. */
function leastBy<Worker extends Candidate>(
  set: BalancingSet<Worker>,
  now: number,
  chance: Chance,
  excluded: readonly Worker[],
  measure: (set: BalancingSet<Candidate>, worker: Candidate, now: number) => number,
): Worker | undefined {
  const count = set.workers.length;
  const start = Math.floor(chance() * count);
  let least: Worker | undefined;
  let leastValue = Number.POSITIVE_INFINITY;
  for (let step = 0; step < count; step += 1) {
    const worker = set.workers[(start + step) % count];
    if (worker === undefined || !isUsable(worker, excluded)) continue;
    const value = measure(set, worker, now);
    if (value < leastValue || (value === leastValue && worker.weight > (least?.weight ?? 0))) {
      least = worker;
      leastValue = value;
    }
  }
  return least;
}
