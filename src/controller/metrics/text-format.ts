import type { Family, Sample } from "./family.ts";

/** The text format of Prometheus, version 0.0.4. */
export const textFormatType = "text/plain; version=0.0.4; charset=utf-8";

export function textOf(families: Iterable<Family>): string {
  let text = "";
  for (const family of families) {
    text += `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`;
    for (const sample of family.samples()) text += lineOf(family.name, sample);
  }
  return text;
}

function lineOf(name: string, { labels, value, suffix = "" }: Sample): string {
  let inside = "";
  for (const label in labels) {
    inside += `${inside === "" ? "" : ","}${label}="${escaped(labels[label] ?? "")}"`;
  }
  return `${name}${suffix}${inside === "" ? "" : `{${inside}}`} ${value}\n`;
}

const special = /[\\"\n]/;

/** What stands in a label may have come from a worker. */
function escaped(text: string): string {
  if (!special.test(text)) return text;
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
