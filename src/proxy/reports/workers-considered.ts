import { isLimiting } from "../../core/admission/adaptive-limit.ts";
import { roomOf } from "../../core/balancing/candidate.ts";
import { expectedNow } from "../../core/balancing/latency.ts";
import { gradeOf } from "../../core/health/grade.ts";
import type { ServiceConsidered, WorkerConsidered } from "../../protocol/requests.ts";
import { round } from "../exchange/trail.ts";
import type { ServicePool } from "../workers/service-pool.ts";
import type { Worker } from "../workers/worker.ts";
import type { OwnRecord } from "./request-record.ts";

const shownMax = 8;
/** A count over so many workers may be so old as to take no more than some hundredth of the time. */
const workersPerMs = 10;

type Counts = Pick<ServiceConsidered, "workers" | "eligible" | "full" | "draining" | "weightless" | "out">;

/** What can be asked of those that may be chosen for a request. */
interface Candidates {
  has(worker: Worker): boolean;
}

interface Counted {
  readonly counts: Counts;
  readonly until: number;
}

/** By those that may be chosen, who are others with each change of the subsets; and by the subset that was asked for. */
const counted = new WeakMap<Candidates, Map<string | undefined, Counted>>();

/**
 * The workers that there were to choose from: `closely`, those tried and some others, with what was known of each; and how many
 * could not be chosen, by why. The counts of 10,000 workers may be up to a second old, those of 100 up to 10 ms.
 *
 * Of a subset: those that are of it or stand in for it, and no others.
 */
export function workersConsidered(
  pool: ServicePool,
  { tries, subset }: Pick<OwnRecord, "tries" | "subset">,
  closely: boolean,
  now: number,
): ServiceConsidered {
  const candidates = pool.candidatesOf(subset);
  return {
    ...countsOf(pool, subset, now),
    waiting: pool.line.length,
    policy: pool.settings.policy,
    shown: (closely ? shownOf(pool, subset, new Set(tries.map(({ worker }) => worker))) : []).map((worker) =>
      considered(worker, candidates.has(worker), now),
    ),
  };
}

function shownOf(pool: ServicePool, subset: string | undefined, tried: ReadonlySet<string>): Worker[] {
  const { workers } = pool;
  const shown = [...tried].flatMap((id) => workers.get(id) ?? []).slice(0, shownMax);
  for (const worker of workers.values()) {
    if (shown.length >= shownMax) break;
    if (!tried.has(worker.id) && pool.mayServe(worker, subset)) shown.push(worker);
  }
  return shown;
}

function countsOf(pool: ServicePool, subset: string | undefined, now: number): Counts {
  const candidates = pool.candidatesOf(subset);
  let bySubset = counted.get(candidates);
  if (bySubset === undefined) counted.set(candidates, (bySubset = new Map()));
  const known = bySubset.get(subset);
  if (known !== undefined && now < known.until) return known.counts;
  const counts = { workers: 0, eligible: 0, full: 0, draining: 0, weightless: 0, out: 0 };
  for (const worker of pool.workers.values()) {
    if (!pool.mayServe(worker, subset)) continue;
    counts.workers += 1;
    const eligible = candidates.has(worker);
    if (eligible) counts.eligible += 1;
    if (eligible && roomOf(worker) === "full") counts.full += 1;
    if (worker.weight <= 0) counts.weightless += 1;
    if (worker.state.kind === "draining") counts.draining += 1;
    else if (worker.weight > 0 && gradeOf(worker) !== "live") counts.out += 1;
  }
  bySubset.set(subset, { counts, until: now + pool.workers.size / workersPerMs });
  return counts;
}

function considered(worker: Worker, eligible: boolean, now: number): WorkerConsidered {
  const { id, state, health, weight, inFlight, maxInFlight, latency } = worker;
  return {
    worker: id,
    state: state.kind === "suspect" ? state.cause : state.kind,
    seen: health.kind === "ok" ? "ok" : health.cause,
    eligible,
    weight,
    inFlight,
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    ...adaptiveOf(worker),
    latencyMs: round(expectedNow(latency, now)),
  };
}

function adaptiveOf({ limit }: Worker): Pick<WorkerConsidered, "adaptive"> {
  if (limit === undefined || !isLimiting(limit)) return {};
  // Somewhat over a whole number it lets in one more now and then.
  return { adaptive: { limit: Math.ceil(limit.max ?? limit.trust.max), waiting: limit.pending } };
}
