import { latencyMs, type RequestRecord } from "../../src/demo/load/record.ts";
import { fairness } from "../../test/sim/overload/experiment.ts";
import type { Machine } from "../suite/results.ts";
import { quantile } from "../suite/statistics.ts";
import { critical, type Loaded, type LoadedPhase, tenants } from "./traffic.ts";

/** One overload of one proxy. Goodputs in proportion to what the workers can do, times in milliseconds. */
export interface OverloadMeasurement {
  peer: string;
  round: number;
  /** Answered in time, in the mean and in the worst second of the overload. */
  goodput: number;
  goodputLeast: number;
  /** Of what was asked for after the overload: answered in time in the first second, and in all. */
  afterFirst: number;
  after: number;
  criticalServed: number;
  criticalP99Calm: number;
  criticalP99: number;
  /** The same, without the first second of the overload. */
  criticalP99Steady: number;
  fairness: number;
  lateP99: number;
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
  leftOut: { peer: string; reason: string }[];
}

const isServed = ({ outcome }: RequestRecord): boolean =>
  outcome.kind === "answered" && outcome.status === 200;

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
  { phases, records, lateMsP99 }: Loaded,
  capacityPerSecond: number,
): Omit<OverloadMeasurement, "peer" | "round"> {
  const [calm, overload, after] = phases as [LoadedPhase, LoadedPhase, LoadedPhase];
  const all = [...records.values()].flat();
  const ofCritical = records.get(critical) ?? [];
  const seconds = goodputs(all, overload).map((served) => served / capacityPerSecond);
  const asked = within(all, after.from, after.until);
  const first = within(all, after.from, after.from + 1_000);
  const criticals = within(ofCritical, overload.from, overload.until);
  const servedOf = (name: string): number =>
    within(records.get(name) ?? [], overload.from, overload.until).filter(isServed).length;
  return {
    goodput: seconds.reduce((sum, one) => sum + one, 0) / seconds.length,
    goodputLeast: Math.min(...seconds),
    afterFirst: first.filter(isServed).length / first.length,
    after: asked.filter(isServed).length / asked.length,
    criticalServed: criticals.filter(isServed).length / criticals.length,
    criticalP99Calm: p99(within(ofCritical, calm.from + warmUpMs, calm.until)),
    criticalP99: p99(criticals),
    criticalP99Steady: p99(within(ofCritical, overload.from + 1_000, overload.until)),
    fairness: fairness(tenants.map(servedOf)),
    lateP99: lateMsP99,
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
  { title: "critical p99: calm", align: "right" },
  { title: "overload", align: "right" },
  { title: "from its 2nd second", align: "right" },
  { title: "critical served", align: "right" },
  { title: "fairness", align: "right" },
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
      ms(median((one) => one.criticalP99Calm)),
      ms(median((one) => one.criticalP99)),
      ms(median((one) => one.criticalP99Steady)),
      percent(median((one) => one.criticalServed)),
      median((one) => one.fairness).toFixed(3),
    ];
  });
}

export interface Target {
  what: string;
  held: (one: OverloadMeasurement) => boolean;
}

/** What must hold for ours in each round. */
export const targets: readonly Target[] = [
  { what: "goodput at least 90 % throughout", held: (one) => one.goodputLeast >= 0.9 },
  {
    what: "90 % of what is asked for is served from the first second after it",
    held: (one) => one.afterFirst >= 0.9,
  },
  {
    what: "the p99 of what is critical within 1.5 times that of calm times, from the second second on",
    held: (one) => one.criticalP99Steady <= 1.5 * one.criticalP99Calm,
  },
  { what: "the same from the first second on", held: (one) => one.criticalP99 <= 1.5 * one.criticalP99Calm },
  { what: "Jain's index at least 0.95", held: (one) => one.fairness >= 0.95 },
];

export const isOurs = (peer: string): boolean => peer.startsWith("skein");

export function verdictLines(measurements: readonly OverloadMeasurement[]): string[] {
  const ours = measurements.filter(({ peer }) => isOurs(peer));
  return targets.map(({ what, held }) => {
    const count = ours.filter(held).length;
    return `${count === ours.length ? "held" : `held in ${count} of ${ours.length}`}: ${what}`;
  });
}

export function allHeld(measurements: readonly OverloadMeasurement[]): boolean {
  const ours = measurements.filter(({ peer }) => isOurs(peer));
  return ours.length > 0 && ours.every((one) => targets.every(({ held }) => held(one)));
}
