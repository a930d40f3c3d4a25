import type { Policy } from "../../../src/core/balancing/candidate.ts";
import { textTable } from "../../../src/demo/text-table.ts";
import type { Outcome } from "./experiment.ts";
import type { Scenario } from "./scenarios.ts";

/** What is written to the file: enough to draw, and to run again. */
export interface Laboratory {
  v: 1;
  seeds: readonly number[];
  scenarios: readonly Pick<Scenario, "name" | "what" | "gateways" | "utilization">[];
  outcomes: readonly Outcome[];
}

/** One policy before one population, over all seeds. */
export interface Row {
  scenario: string;
  policy: Policy;
  requests: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  imbalance: number;
}

/** Medians over the seeds; requests and failures are added up. */
export function rowsOf(outcomes: readonly Outcome[]): Row[] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const key = `${outcome.scenario} ${outcome.policy}`;
    groups.set(key, [...(groups.get(key) ?? []), outcome]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const median = (of: (outcome: Outcome) => number): number => middle(group.map(of));
    return [
      {
        scenario: first.scenario,
        policy: first.policy,
        requests: group.reduce((sum, { requests }) => sum + requests, 0),
        failed: group.reduce((sum, { failed }) => sum + failed, 0),
        p50Ms: median(({ p50Ms }) => p50Ms),
        p99Ms: median(({ p99Ms }) => p99Ms),
        p999Ms: median(({ p999Ms }) => p999Ms),
        imbalance: median(({ imbalance }) => imbalance),
      },
    ];
  });
}

export const columns = [
  { title: "policy", align: "left" },
  { title: "p50 ms", align: "right" },
  { title: "p99 ms", align: "right" },
  { title: "p99.9 ms", align: "right" },
  { title: "failed", align: "right" },
  { title: "busiest", align: "right" },
] as const;

/** The table of one scenario, as lines. */
export function tableOf(scenario: Scenario, outcomes: readonly Outcome[]): string[] {
  const rows = rowsOf(outcomes.filter((outcome) => outcome.scenario === scenario.name));
  const { name, what, gateways, utilization } = scenario;
  const many = gateways === 1 ? "" : `, ${gateways} gateways`;
  return [
    `${name}: ${what} (${Math.round(utilization * 100)} % of what they can do${many})`,
    ...textTable(columns, rows.map(cells)).map((line) => `  ${line}`),
    "",
  ];
}

export function cells({ policy, p50Ms, p99Ms, p999Ms, requests, failed, imbalance }: Row): string[] {
  const share = failed === 0 ? "0" : `${((100 * failed) / requests).toFixed(1)} %`;
  return [policy, msText(p50Ms), msText(p99Ms), msText(p999Ms), share, imbalance.toFixed(2)];
}

function msText(ms: number): string {
  return ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
