/** Writes what the laboratory found into docs/balancing.md: node --conditions=skein-source test/sim/balance/tables.ts RESULTS.json */
import { readFileSync, writeFileSync } from "node:fs";
import { between, markdownTable } from "./markdown.ts";
import { cells, columns, type Laboratory, rowsOf } from "./report.ts";

const page = new URL("../../../docs/balancing.md", import.meta.url);
const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("tables.ts RESULTS.json\n");
  process.exitCode = 2;
} else {
  const { scenarios, outcomes, seeds } = JSON.parse(readFileSync(file, "utf8")) as Laboratory;
  const parts = scenarios.map(({ name, what, gateways, utilization }) => {
    const rows = rowsOf(outcomes.filter(({ scenario }) => scenario === name));
    const many = gateways === 1 ? "" : ` ${gateways} gateways.`;
    const load = `${Math.round(utilization * 100)} % of what they can do.`;
    return `### \`${name}\`\n\n${what[0]?.toUpperCase()}${what.slice(1)}. ${load}${many}\n\n${markdownTable(columns, rows.map(cells))}`;
  });
  const head = `Medians of ${seeds.length} seeds.\n`;
  const marks = { name: "tables", by: "test/sim/balance/tables.ts" };
  writeFileSync(page, between(readFileSync(page, "utf8"), marks, [head, ...parts].join("\n")));
}
