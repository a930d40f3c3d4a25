import { type Column, shortMs, textTable } from "../../src/demo/text-table.ts";
import type { RowResult } from "./play.ts";
import type { Figure } from "./row.ts";

/** One figure of one row over all of its runs. */
export interface Summary {
  row: string;
  figure: string;
  unit: Figure["unit"];
  limit?: number;
  runs: number;
  p50: number;
  p99: number;
  max: number;
}

export function summaries(results: readonly RowResult[]): Summary[] {
  const gathered = new Map<string, { row: string; figure: Figure; values: number[] }>();
  for (const { row, figures } of results) {
    for (const figure of figures) {
      const key = `${row}\n${figure.name}`;
      const known = gathered.get(key) ?? { row, figure, values: [] };
      gathered.set(key, known);
      known.values.push(figure.value);
    }
  }
  return [...gathered.values()].map(({ row, figure, values }) => {
    const sorted = values.sort((one, other) => one - other);
    const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
    const { name, unit, limit } = figure;
    const figures = { runs: values.length, p50: at(0.5), p99: at(0.99), max: at(1) };
    return { row, figure: name, unit, ...(limit === undefined ? {} : { limit }), ...figures };
  });
}

const columns: Column[] = [
  { title: "row", align: "left" },
  { title: "", align: "left" },
  { title: "runs", align: "right" },
  { title: "p50", align: "right" },
  { title: "p99", align: "right" },
  { title: "max", align: "right" },
  { title: "limit", align: "right" },
];

export function reportLines(results: readonly RowResult[]): string[] {
  const rows = summaries(results).map(({ row, figure, unit, runs, p50, p99, max, limit }) => {
    const shown = (value: number): string => (unit === "ms" ? shortMs(value) : String(value));
    return [
      row,
      figure,
      String(runs),
      ...[p50, p99, max].map(shown),
      limit === undefined ? "" : shown(limit),
    ];
  });
  const failed = results.filter(({ complaints }) => complaints.length > 0);
  return [
    ...textTable(columns, rows),
    "",
    `${results.length - failed.length} of ${results.length} runs held`,
    ...failed.flatMap(({ row, complaints }) => complaints.map((complaint) => `FAIL ${row}: ${complaint}`)),
  ];
}
