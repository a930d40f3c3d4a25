/** Reads the interfaces of a source file, whose comments are the one text about each key. */
import { readFileSync } from "node:fs";

export interface Interface {
  name: string;
  keys: { key: string; type: string; text: string }[];
}

/** `file` is relative to the root of the repository. */
export function readInterfaces(file: string): Interface[] {
  const source = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  const found = source.matchAll(/^export interface (\w+) \{\n([\s\S]*?)^\}/gm);
  return [...found].map(([, name = "", body = ""]) => ({ name, keys: readKeys(body) }));
}

function readKeys(body: string): Interface["keys"] {
  const found = body.matchAll(/^ {2}(?:\/\*\*\s+(?:\* )?([\s\S]*?)\s+\*\/\n {2})?(\$?\w+)\??: ([^;]+);/gm);
  return [...found].map(([, comment = "", key = "", type = ""]) => ({
    key,
    type: type.replace(/ \| undefined$/, ""),
    text: comment.replaceAll(/\s*\n\s*\* ?/g, " "),
  }));
}

/** A table of Markdown with a row for each key. */
export function keyTable(keys: Interface["keys"]): string {
  const rows = keys.map(({ key, type, text }) => `| \`${key}\` | ${cell(`\`${type}\``)} | ${cell(text)} |`);
  return ["| key | type | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
