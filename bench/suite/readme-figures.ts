import type { Column } from "../../src/demo/text-table.ts";
import { lossLines } from "./losses.ts";
import { besideLines, machineLines, missingLines, targetCells } from "./report.ts";
import type { Results } from "./results.ts";
import { caseTables } from "./tables.ts";
import { judge, targets } from "./targets.ts";

/** The README with the figures of this run in place of those that were in it. */
export function withFigures(readme: string, results: Results): string {
  const losses = lossLines(results).map((line) => `- ${line}\n`);
  return between(between(readme, "losses", losses.join("")), "figures", figuresOf(results));
}

function between(readme: string, name: string, text: string): string {
  const begin = `<!-- ${name}: begin (written by bench/figures.ts; not by hand) -->`;
  const end = `<!-- ${name}: end -->`;
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the README has no lines ${begin} and ${end}`);
  return `${readme.slice(0, from)}${begin}\n\n${text}\n${readme.slice(to)}`;
}

function figuresOf(results: Results): string {
  const right = (title: string): Column => ({ title, align: "right" });
  const left = (title: string): Column => ({ title, align: "left" });
  const parts = [
    `Run of ${results.startedAt.slice(0, 16).replace("T", " ")} UTC: \`${commandOf(results)}\`.\n`,
    `\`\`\`\n${[...machineLines(results), ...besideLines(results)].join("\n")}\n\`\`\`\n`,
    "### Targets\n",
    markdownTable(
      [left("target"), right("bound"), right("reached"), left("")],
      targets.map((target) => targetCells(target, judge(target, results))),
    ),
    ...caseTables(results).flatMap(({ name, title, columns, rows }) => [
      `### \`${name}\`: ${title}\n`,
      markdownTable(columns, rows),
    ]),
  ];
  const missing = missingLines(results);
  if (missing.length > 0) parts.push("### Not measured\n", ...missing.map((line) => `- ${line}`), "");
  return parts.join("\n");
}

/** Where the results were written to is nobody else's concern. */
function commandOf({ arguments: given }: Results): string {
  const told = given.filter((word, at) => word !== "--json" && given[at - 1] !== "--json");
  return ["npm run bench", ...(told.length > 0 ? ["--", ...told] : [])].join(" ");
}

function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...rows.map(line),
    "",
  ].join("\n");
}
