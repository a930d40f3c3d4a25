/**
 * Writes src/config/skein.schema.json: the JSON Schema of a configuration file, for editors and for `skein schema`. The
 * shapes come from src/config/schema.ts, the texts from the comments of the interfaces in src/config/config.ts; so
 * each stands in one place. Run: node --conditions=skein-source scripts/config-schema.ts
 */
import { writeFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { configSchema } from "../src/config/schema.ts";
import { type Interface, readInterfaces } from "./interfaces.ts";

export const schemaFile = new URL("../src/config/skein.schema.json", import.meta.url);

interface Node {
  description?: string;
  properties?: Record<string, Node>;
  [key: string]: unknown;
}

/** The text of the file as it must be. */
export function schemaText(): string {
  const schema = toJsonSchema(configSchema, { typeMode: "input" }) as Node;
  describe(schema, readInterfaces("src/config/config.ts"));
  return `${JSON.stringify({ title: "skein configuration", ...schema }, null, 2)}\n`;
}

/** An object of the schema belongs to the interface that has the same keys. */
function describe(node: unknown, interfaces: readonly Interface[]): void {
  if (typeof node !== "object" || node === null) return;
  const { properties } = node as Node;
  if (properties !== undefined) {
    const keys = Object.keys(properties).sort().join();
    const own = interfaces.find(
      (each) =>
        each.keys
          .map(({ key }) => key)
          .sort()
          .join() === keys,
    );
    if (own === undefined) throw new Error(`no interface in config.ts has the keys ${keys}`);
    for (const { key, text } of own.keys) {
      if (text !== "") properties[key] = { description: text, ...properties[key] };
    }
  }
  for (const value of Object.values(node)) describe(value, interfaces);
}

if (import.meta.main) writeFileSync(schemaFile, schemaText());
