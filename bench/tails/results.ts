import type { RequestRecord } from "../../src/demo/load/record.ts";
import { latencyMs } from "../../src/demo/load/record.ts";
import { textTable } from "../../src/demo/text-table.ts";
import type { Machine } from "../suite/results.ts";
import { quantile, spreadOf } from "../suite/statistics.ts";

/** One load on one gateway. Milliseconds, from when a request was due. */
export interface TailMeasurement {
  scenario: string;
  peer: string;
  round: number;
  requests: number;
  /** Not answered with 200 in time: refused, reset, cut, another status, or later than the client's patience. */
  failed: number;
  p50: number;
  p99: number;
  p999: number;
  max: number;
  /** Of the load generator itself. */
  lateP99: number;
  /** How often it was run until the generator was on time. */
  tries: number;
}

export interface TailResults {
  v: 1;
  startedAt: string;
  commit: string;
  machine: Machine;
  versions: Record<string, string>;
  seconds: number;
  scenarios: readonly { name: string; what: string; perSecond: number }[];
  measurements: TailMeasurement[];
  leftOut: { peer: string; reason: string }[];
}

/** The figures of those requests that were due at `from` or later: before that the gateway gets to know its workers. */
export function figuresOf(
  records: readonly RequestRecord[],
  from: number,
): Pick<TailMeasurement, "requests" | "failed" | "p50" | "p99" | "p999" | "max"> {
  const counted = records.filter(({ scheduledAt }) => scheduledAt >= from);
  const sound = counted.filter(({ outcome }) => outcome.kind === "answered" && outcome.status === 200);
  // A request that failed has no latency that would be short enough for anybody.
  const latencies = Float64Array.from(counted, (record) => latencyMs(record)).sort();
  return {
    requests: counted.length,
    failed: counted.length - sound.length,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    p999: quantile(latencies, 0.999),
    max: quantile(latencies, 1),
  };
}

export const isOurs = (peer: string): boolean => peer.startsWith("skein");

export interface TailRow {
  peer: string;
  requests: number;
  failed: number;
  p50: number;
  p99: number;
  /** Least and most of the rounds. */
  p99Least: number;
  p99Most: number;
  p999: number;
}

/** Medians over the rounds, the best p99 first. */
export function rowsOf(measurements: readonly TailMeasurement[]): TailRow[] {
  const peers = [...new Set(measurements.map(({ peer }) => peer))];
  const rows = peers.map((peer) => {
    const mine = measurements.filter((one) => one.peer === peer);
    const spread = (of: (one: TailMeasurement) => number): NonNullable<ReturnType<typeof spreadOf>> =>
      spreadOf(mine.map(of)) ?? { median: Number.NaN, least: Number.NaN, most: Number.NaN, count: 0 };
    const p99 = spread((one) => one.p99);
    return {
      peer,
      requests: mine.reduce((sum, one) => sum + one.requests, 0),
      failed: mine.reduce((sum, one) => sum + one.failed, 0),
      p50: spread((one) => one.p50).median,
      p99: p99.median,
      p99Least: p99.least,
      p99Most: p99.most,
      p999: spread((one) => one.p999).median,
    };
  });
  return rows.toSorted((one, other) => one.p99 - other.p99);
}

export interface Verdict {
  scenario: string;
  /** Our p99 (the worse of ours) in proportion to the best rival's. */
  ratio: number;
  rival: string;
  failed: number;
}

/** Undefined: there is nothing to compare. */
export function verdictOn(scenario: string, measurements: readonly TailMeasurement[]): Verdict | undefined {
  const rows = rowsOf(measurements.filter((one) => one.scenario === scenario));
  const ours = rows.filter(({ peer }) => isOurs(peer));
  const best = rows.find(({ peer }) => !isOurs(peer));
  if (ours.length === 0 || best === undefined) return undefined;
  const ratio = Math.max(...ours.map(({ p99 }) => p99)) / best.p99;
  return { scenario, ratio, rival: best.peer, failed: ours.reduce((sum, { failed }) => sum + failed, 0) };
}

export const columns = [
  { title: "proxy", align: "left" },
  { title: "p50 ms", align: "right" },
  { title: "p99 ms", align: "right" },
  { title: "(rounds)", align: "right" },
  { title: "p99.9 ms", align: "right" },
  { title: "failed", align: "right" },
] as const;

export function rowCells(scenario: string, measurements: readonly TailMeasurement[]): string[][] {
  return rowsOf(measurements.filter((one) => one.scenario === scenario)).map((row) => [
    row.peer,
    row.p50.toFixed(1),
    row.p99.toFixed(1),
    `${row.p99Least.toFixed(0)}-${row.p99Most.toFixed(0)}`,
    row.p999.toFixed(0),
    row.failed === 0 ? "0" : `${row.failed} of ${row.requests}`,
  ]);
}

export function verdictLine(scenario: string, measurements: readonly TailMeasurement[]): string {
  const verdict = verdictOn(scenario, measurements);
  if (verdict === undefined) return "nothing to compare with";
  const { ratio, rival, failed } = verdict;
  return `p99 of ours (the worse one) to that of the best rival, ${rival}: ${ratio.toFixed(2)}; ${failed} of ours failed`;
}

export function reportOn(scenario: TailResults["scenarios"][number], results: TailResults): string[] {
  const { name, what, perSecond } = scenario;
  return [
    `${name}: ${what}; ${perSecond.toFixed(0)} requests/s`,
    ...textTable(columns, rowCells(name, results.measurements)).map((line) => `  ${line}`),
    `  ${verdictLine(name, results.measurements)}`,
    "",
  ];
}
