/**
 * Writes src/config/skein.schema.json: the JSON Schema of a configuration file, for editors and for `skein schema`. The
 * shapes come from src/config/schema.ts, the texts from the comments of the interfaces in src/config/config.ts; so
 * each stands in one place. Run: node --conditions=skein-source scripts/config-schema.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { configSchema } from "../src/config/schema.ts";

export const schemaFile = new URL("../src/config/skein.schema.json", import.meta.url);
const interfacesFile = new URL("../src/config/config.ts", import.meta.url);

interface Node {
  description?: string;
  properties?: Record<string, Node>;
  [key: string]: unknown;
}

/** The text of the file as it must be. */
export function schemaText(): string {
  const schema = toJsonSchema(configSchema, { typeMode: "input" }) as Node;
  describe(schema, readInterfaces(readFileSync(interfacesFile, "utf8")));
  return `${JSON.stringify({ title: "skein configuration", ...schema }, null, 2)}\n`;
}

/** By interface, by key: its comment. */
function readInterfaces(source: string): Map<string, string>[] {
  return [...source.matchAll(/^export interface \w+ \{\n([\s\S]*?)^\}/gm)].map(([, body = ""]) => {
    const keys = [...body.matchAll(/^ {2}(?:\/\*\* ([\s\S]*?) \*\/\n {2})?(\$?\w+)\??:/gm)];
    return new Map(keys.map(([, comment = "", key = ""]) => [key, comment.replaceAll(/\s*\n\s*\* ?/g, " ")]));
  });
}

/** An object of the schema belongs to the interface that has the same keys. */
function describe(node: unknown, interfaces: readonly Map<string, string>[]): void {
  if (typeof node !== "object" || node === null) return;
  const { properties } = node as Node;
  if (properties !== undefined) {
    const keys = Object.keys(properties).sort().join();
    const texts = interfaces.find((each) => [...each.keys()].sort().join() === keys);
    if (texts === undefined) throw new Error(`no interface in config.ts has the keys ${keys}`);
    for (const [key, property] of Object.entries(properties)) {
      const text = texts.get(key) ?? "";
      if (text !== "") properties[key] = { description: text, ...property };
    }
  }
  for (const value of Object.values(node)) describe(value, interfaces);
}

if (import.meta.main) writeFileSync(schemaFile, schemaText());
