import { type Column, shortMs } from "../../src/demo/text-table.ts";
import { between, markdownTable } from "../sim/balance/markdown.ts";
import type { Run } from "./record.ts";
import { type Summary, summaries } from "./report.ts";
import type { Figure } from "./row.ts";
import { rows } from "./rows.ts";

const marks = { name: "faults", by: "test/faults/figures.ts" };

const columns: Column[] = [
  { title: "row", align: "left" },
  { title: "figure", align: "left" },
  { title: "runs", align: "right" },
  { title: "p50", align: "right" },
  { title: "p99", align: "right" },
  { title: "max", align: "right" },
  { title: "limit", align: "right" },
];

/** The page with the figures of these runs in place of those that were in it. */
export function pageWith(page: string, runs: readonly Run[]): string {
  return between(page, marks, figureLines(inOrder(runs)).join("\n"));
}

/** The laboratory's own. */
function inOrder(runs: readonly Run[]): Run[] {
  const place = ({ row }: Run): number => rows.findIndex(({ name }) => name === row);
  return [...runs].sort((one, other) => place(one) - place(other));
}

/** What has a limit, by row, over all of its runs; and which runs did not hold. */
function figureLines(runs: readonly Run[]): string[] {
  const cells = summaries(runs.map((run) => ({ ...run, figures: limited(run.figures) }))).map(cellsOf);
  const failed = runs.filter(({ complaints }) => complaints.length > 0);
  return [
    `${runs.length} runs, of which ${runs.length - failed.length} held, ${machinesOf(runs)}; under load of ${rates(runs)} to each gateway.`,
    "",
    markdownTable(columns, cells),
    ...failed.map(({ row, complaints }) => `- \`${row}\` did not hold in one run: ${complaints.join("; ")}`),
    ...(failed.length > 0 ? [""] : []),
  ];
}

/** What was lost is asked of each destination: here of all together. */
function limited(figures: readonly Figure[]): Figure[] {
  const mayNotLose = figures.filter(({ name, limit }) => name.endsWith(": lost") && limit !== undefined);
  const lost = mayNotLose.reduce((all, { value }) => all + value, 0);
  const each = figures.filter(({ name, limit }) => limit !== undefined && !name.endsWith(": lost"));
  return [...each, { name: "requests lost", unit: "count", value: lost, limit: 0 }];
}

function cellsOf({ row, figure, unit, runs, p50, p99, max, limit }: Summary): string[] {
  const shown = (value: number): string => (unit === "ms" ? shortMs(value) : String(value));
  const values = [p50, p99, max].map(shown);
  return [`\`${row}\``, figure, String(runs), ...values, limit === undefined ? "" : shown(limit)];
}

function machinesOf(runs: readonly Run[]): string {
  const busy = runs.flatMap((run) => run.busy ?? []).sort((one, other) => one - other);
  const percent = (share = 0): string => `${Math.round(100 * share)} %`;
  const commits = [...new Set(runs.map(({ commit }) => `\`${commit}\``))].join(", ");
  return `at ${commits}, on a machine of which ${percent(busy[0])} to ${percent(busy.at(-1))} was busy`;
}

function rates(runs: readonly Run[]): string {
  return `${[...new Set(runs.map(({ perSecond }) => perSecond))].join(", ")} requests a second`;
}
