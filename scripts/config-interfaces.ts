/** Reads the interfaces of src/config/config.ts, whose comments are the one text about each key. */
import { readFileSync } from "node:fs";

export interface ConfigInterface {
  name: string;
  keys: { key: string; type: string; text: string }[];
}

export function readConfigInterfaces(): ConfigInterface[] {
  const source = readFileSync(new URL("../src/config/config.ts", import.meta.url), "utf8");
  const found = source.matchAll(/^export interface (\w+) \{\n([\s\S]*?)^\}/gm);
  return [...found].map(([, name = "", body = ""]) => ({ name, keys: readKeys(body) }));
}

function readKeys(body: string): ConfigInterface["keys"] {
  const found = body.matchAll(/^ {2}(?:\/\*\* ([\s\S]*?) \*\/\n {2})?(\$?\w+)\??: ([^;]+);/gm);
  return [...found].map(([, comment = "", key = "", type = ""]) => ({
    key,
    type: type.replace(/ \| undefined$/, ""),
    text: comment.replaceAll(/\s*\n\s*\* ?/g, " "),
  }));
}
