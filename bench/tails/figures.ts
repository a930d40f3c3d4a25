/** Writes a run's figures into docs/balancing.md: node --conditions=skein-source bench/tails/figures.ts RESULTS.json */
import { readFileSync, writeFileSync } from "node:fs";
import { between, markdownTable } from "../../test/sim/balance/markdown.ts";
import { columns, rowCells, type TailResults, verdictLine } from "./results.ts";

const page = new URL("../../docs/balancing.md", import.meta.url);
const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("bench/tails/figures.ts RESULTS.json\n");
  process.exitCode = 2;
} else {
  const results = JSON.parse(readFileSync(file, "utf8")) as TailResults;
  const { startedAt, machine, versions, scenarios, measurements, seconds } = results;
  const rounds = Math.max(...measurements.map(({ round }) => round));
  const head = [
    `Run of ${startedAt.slice(0, 16).replace("T", " ")} UTC, ${rounds} rounds of ${seconds} s each; ${machine.cores} cores of ${machine.cpu}.`,
    ...Object.values(versions).map((version) => `- ${version}`),
  ];
  const parts = scenarios.map(
    ({ name, what, perSecond }) =>
      `### \`${name}\`: ${what}; ${perSecond.toFixed(0)} requests/s\n\n${markdownTable(columns, rowCells(name, measurements))}\n${verdictLine(name, measurements)}\n`,
  );
  const marks = { name: "tails", by: "bench/tails/figures.ts" };
  const text = `${head[0]}\n\n${head.slice(1).join("\n")}\n\n${parts.join("\n")}`;
  writeFileSync(page, between(readFileSync(page, "utf8"), marks, text));
}
