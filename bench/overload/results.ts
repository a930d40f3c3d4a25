import { latencyMs, type RequestRecord } from "../../src/demo/load/record.ts";
import { fairness } from "../../test/sim/overload/experiment.ts";
import type { Machine } from "../suite/results.ts";
import { quantile } from "../suite/statistics.ts";
import { type Account, accountOf, isBalanced, isServed } from "./account.ts";
import { critical, type Loaded, type LoadedPhase, tenants } from "./traffic.ts";

/** One overload of one proxy. Goodputs in proportion to what the workers can do, times in milliseconds. */
export interface OverloadMeasurement {
  peer: string;
  round: number;
  /** Answered in time, in the mean and in the worst second of the overload; and in each. */
  goodput: number;
  goodputLeast: number;
  goodputs: number[];
  /** The same of the first second after it, and of the worst; 0.95 was asked for. */
  afterFirst: number;
  afterLeast: number;
  criticalServed: number;
  criticalP99Calm: number;
  criticalP99: number;
  /** The same, without the first second of the overload. */
  criticalP99Steady: number;
  fairness: number;
  account: Account;
  lateP99: number;
  /** Loads that it took until the generator was on time. */
  tries: number;
}

export interface OverloadResults {
  v: 1;
  startedAt: string;
  commit: string;
  machine: Machine;
  versions: Record<string, string>;
  workers: string;
  capacityPerSecond: number;
  seconds: number;
  measurements: OverloadMeasurement[];
  verdicts: Verdict[];
  leftOut: { peer: string; reason: string }[];
}

const within = (records: readonly RequestRecord[], from: number, until: number): RequestRecord[] =>
  records.filter(({ scheduledAt }) => scheduledAt >= from && scheduledAt < until);

/** A request that was not served has no latency that would be short enough for anybody. */
function p99(records: readonly RequestRecord[]): number {
  const took = Float64Array.from(records, (record) =>
    isServed(record) ? latencyMs(record) : Infinity,
  ).sort();
  return quantile(took, 0.99);
}

/** Of the first so many seconds after it began every gateway is still warming up. */
const warmUpMs = 4_000;

export function figuresOf(
  loaded: Loaded,
  ledger: readonly string[],
  capacityPerSecond: number,
): Omit<OverloadMeasurement, "peer" | "round" | "tries"> {
  const { phases, records } = loaded;
  const [calm, overload, after] = phases as [LoadedPhase, LoadedPhase, LoadedPhase];
  const all = [...records.values()].flat();
  const ofCritical = records.get(critical) ?? [];
  const [during, then] = [overload, after].map((phase) =>
    goodputs(all, phase).map((served) => served / capacityPerSecond),
  ) as [number[], number[]];
  const criticals = within(ofCritical, overload.from, overload.until);
  const servedOf = (name: string): number =>
    within(records.get(name) ?? [], overload.from, overload.until).filter(isServed).length;
  return {
    goodput: during.reduce((sum, one) => sum + one, 0) / during.length,
    goodputLeast: Math.min(...during),
    goodputs: during,
    afterFirst: then[0] ?? 0,
    afterLeast: Math.min(...then),
    criticalServed: criticals.filter(isServed).length / criticals.length,
    criticalP99Calm: p99(within(ofCritical, calm.from + warmUpMs, calm.until)),
    criticalP99: p99(criticals),
    criticalP99Steady: p99(within(ofCritical, overload.from + 1_000, overload.until)),
    fairness: fairness(tenants.map(servedOf)),
    account: accountOf({ ...loaded, records: all }, ledger),
    lateP99: loaded.lateMsP99,
  };
}

/** Served in each whole second of a phase. */
function goodputs(records: readonly RequestRecord[], { from, seconds }: LoadedPhase): number[] {
  const counts = Array.from({ length: seconds }, () => 0);
  for (const record of records) {
    const second = Math.floor((record.endedAt - from) / 1_000);
    if (second in counts && isServed(record)) counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}

export const columns = [
  { title: "proxy", align: "left" },
  { title: "goodput", align: "right" },
  { title: "worst second", align: "right" },
  { title: "first second after", align: "right" },
  { title: "worst after", align: "right" },
  { title: "critical p99: calm", align: "right" },
  { title: "overload", align: "right" },
  { title: "from its 2nd second", align: "right" },
  { title: "critical served", align: "right" },
  { title: "fairness", align: "right" },
  { title: "served in vain", align: "right" },
] as const;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const ms = (time: number): string => (Number.isFinite(time) ? `${time.toFixed(0)} ms` : "failed");

/** Medians over the rounds. */
export function rowCells(measurements: readonly OverloadMeasurement[]): string[][] {
  const peers = [...new Set(measurements.map(({ peer }) => peer))];
  return peers.map((peer) => {
    const mine = measurements.filter((one) => one.peer === peer);
    const median = (of: (one: OverloadMeasurement) => number): number =>
      quantile(Float64Array.from(mine, of).sort(), 0.5);
    return [
      peer,
      percent(median((one) => one.goodput)),
      percent(median((one) => one.goodputLeast)),
      percent(median((one) => one.afterFirst)),
      percent(median((one) => one.afterLeast)),
      ms(median((one) => one.criticalP99Calm)),
      ms(median((one) => one.criticalP99)),
      ms(median((one) => one.criticalP99Steady)),
      percent(median((one) => one.criticalServed)),
      median((one) => one.fairness).toFixed(3),
      percent(median(({ account }) => account.inVain / account.served)),
    ];
  });
}

export interface Target {
  what: string;
  held: (one: OverloadMeasurement) => boolean;
}

/** What must hold for ours in each round. */
export const targets: readonly Target[] = [
  {
    what: "goodput at least 90 % of the capacity in every second of the overload",
    held: (one) => one.goodputLeast >= 0.9,
  },
  {
    what: "and in every second after it, from the first on",
    held: (one) => one.afterFirst >= 0.9 && one.afterLeast >= 0.9,
  },
  {
    what: "p99 of the critical class within 1.5 times that of calm times",
    held: (one) => one.criticalP99 <= 1.5 * one.criticalP99Calm,
  },
  {
    what: "the same without the first second of the overload",
    held: (one) => one.criticalP99Steady <= 1.5 * one.criticalP99Calm,
  },
  {
    what: "Jain's index of the ten tenants at least 0.95",
    held: (one) => one.fairness >= 0.95,
  },
  {
    what: "every request is accounted for at both ends, and none was served twice",
    held: ({ account }) => isBalanced(account) && account.twice === 0,
  },
];

export const isOurs = (peer: string): boolean => peer.startsWith("skein");

export interface Verdict {
  what: string;
  held: boolean;
  /** In so many of these. */
  heldIn: number;
  of: number;
}

export function verdictsOf(measurements: readonly OverloadMeasurement[]): Verdict[] {
  const ours = measurements.filter(({ peer }) => isOurs(peer));
  return targets.map(({ what, held }) => {
    const heldIn = ours.filter(held).length;
    return { what, held: ours.length > 0 && heldIn === ours.length, heldIn, of: ours.length };
  });
}

export function verdictLines(measurements: readonly OverloadMeasurement[]): string[] {
  return verdictsOf(measurements).map(({ what, held, heldIn, of }) =>
    held ? `held: ${what}` : `NOT held (in ${heldIn} of ${of}): ${what}`,
  );
}

export function allHeld(measurements: readonly OverloadMeasurement[]): boolean {
  return verdictsOf(measurements).every(({ held }) => held);
}
