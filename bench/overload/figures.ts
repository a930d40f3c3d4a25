/** Writes a run's figures into docs/overload.md: node --conditions=skein-source bench/overload/figures.ts RESULTS.json */
import { readFileSync, writeFileSync } from "node:fs";
import { between, markdownTable } from "../../test/sim/balance/markdown.ts";
import { columns, type OverloadResults, rowCells, verdictLines } from "./results.ts";

const page = new URL("../../docs/overload.md", import.meta.url);
const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("bench/overload/figures.ts RESULTS.json\n");
  process.exitCode = 2;
} else {
  // JSON has no infinity: how long it took where none was answered.
  const results = JSON.parse(readFileSync(file, "utf8"), (key, value: unknown) =>
    value === null && key.startsWith("criticalP99") ? Infinity : value,
  ) as OverloadResults;
  const { startedAt, machine, versions, measurements, seconds, workers, capacityPerSecond } = results;
  const rounds = Math.max(...measurements.map(({ round }) => round));
  const text = [
    `Run of ${startedAt.slice(0, 16).replace("T", " ")} UTC, ${rounds === 1 ? "one round" : `medians of ${rounds} rounds`}, ${seconds} s of overload each; ${machine.cpu}; ${workers}: ${capacityPerSecond} requests/s.`,
    [...new Set(Object.values(versions))].map((version) => `- ${version}`).join("\n"),
    markdownTable(columns, rowCells(measurements)),
    verdictLines(measurements)
      .map((line) => `- ${line}`)
      .join("\n"),
  ];
  const marks = { name: "overload", by: "bench/overload/figures.ts" };
  writeFileSync(page, between(readFileSync(page, "utf8"), marks, `${text.join("\n\n")}\n`));
}
