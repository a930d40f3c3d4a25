import { shortMs, type Column, textTable } from "../text-table.ts";
import type { RowResult } from "./row-runner.ts";

const columns: Column[] = [
  { title: "row", align: "left" },
  { title: "kind", align: "left" },
  { title: "sent", align: "right" },
  { title: "fail", align: "right" },
  { title: "refu", align: "right" },
  { title: "exem", align: "right" },
  { title: "unkn", align: "right" },
  { title: ">1s", align: "right" },
  { title: "worst", align: "right" },
  { title: "detect", align: "right" },
  { title: "recover", align: "right" },
  { title: "", align: "left" },
];

/** The results as lines of at most 80 columns: a table, what it means, and why rows did not hold. */
export function reportLines(results: readonly RowResult[]): string[] {
  return [
    ...textTable(columns, results.map(cellsOf)),
    "",
    ...legend,
    ...results.flatMap(complaintLines),
    "",
    ...generatorLines(results),
  ];
}

export function held(results: readonly RowResult[]): boolean {
  return results.length > 0 && results.every((result) => result.complaints.length === 0);
}

const legend = [
  "fail/refu  requests that failed, connections refused: 0 or the row did not hold",
  "exem       on connections that a killed or stopped proxy had accepted",
  "unkn       POSTs that had reached a worker killed under them: outcome-unknown",
  ">1s/worst  slower than 1 s from the time they were due (at most 10 where a",
  "           worker is hit), and the slowest",
  "detect     from the fault; recover: from the heal (without one: from the fault)",
];

function cellsOf(result: RowResult): string[] {
  const { tally } = result;
  const counts = [
    tally.requests,
    tally.failed,
    tally.refused,
    tally.exempt,
    tally.outcomeUnknown,
    tally.slow,
  ];
  const times = [tally.slowestMs, result.detectMs, result.recoverMs];
  const verdict = result.complaints.length === 0 ? "ok" : "FAIL";
  return [result.row, result.kind, ...counts.map(String), ...times.map(shortMs), verdict];
}

function complaintLines(result: RowResult): string[] {
  return result.complaints.flatMap((complaint) => [
    "",
    ...wrapped(`${result.row} (${result.kind}): ${complaint}`),
  ]);
}

function generatorLines(results: readonly RowResult[]): string[] {
  const sent = results.reduce((sum, result) => sum + result.load.sent, 0);
  const planned = results.reduce((sum, result) => sum + result.load.planned, 0);
  const doubled = results.reduce((sum, result) => sum + result.tally.doubled.length, 0);
  const unexecuted = results.reduce((sum, result) => sum + result.tally.unexecuted.length, 0);
  const lateMax = Math.max(0, ...results.map((result) => result.load.lateMsMax));
  const lateP99 = Math.max(0, ...results.map((result) => result.load.lateMsP99));
  return [
    `generator  sent ${sent} of ${planned}; late at most ${shortMs(lateMax)}, p99 of a row ${shortMs(lateP99)}`,
    `ledger     executed twice: ${doubled}; acknowledged, never executed: ${unexecuted}`,
  ];
}

/** Lines of at most `width` characters, broken at blanks. */
export function wrapped(text: string, width = 80): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
