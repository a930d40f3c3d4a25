import type { Column } from "../../../src/demo/text-table.ts";

export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (each: readonly string[]): string => `| ${each.join(" | ")} |`;
  const rule = columns.map(({ align }) => (align === "right" ? "---:" : "---"));
  return `${[line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join("\n")}\n`;
}

/** The page with another text between its two marks. */
export function between(page: string, marks: { name: string; by: string }, text: string): string {
  const begin = `<!-- ${marks.name}: begin (written by ${marks.by}; not by hand) -->`;
  const end = `<!-- ${marks.name}: end -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page has no lines ${begin} and ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n${page.slice(to)}`;
}
