import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { configDocs, configDocsFile } from "../../scripts/config-docs.ts";
import { schemaFile, schemaText } from "../../scripts/config-schema.ts";
import { readInterfaces } from "../../scripts/interfaces.ts";

test("skein.schema.json is what the schema and the comments say", () => {
  const message = "it is old; run: node --conditions=skein-source scripts/config-schema.ts";
  const stored: unknown = JSON.parse(readFileSync(schemaFile, "utf8"));
  // Compared as values: the formatter has its own idea of line breaks.
  assert.ok(isDeepStrictEqual(stored, JSON.parse(schemaText())), message);
});

test("docs/configuration.md is what the comments say", () => {
  const message = "it is old; run: node --conditions=skein-source scripts/config-docs.ts";
  assert.ok(readFileSync(configDocsFile, "utf8") === configDocs(), message);
});

test("every type that docs/configuration.md names can be imported from skein/config", () => {
  const door = readFileSync(new URL("./index.ts", import.meta.url), "utf8");
  const given = new Set(["Record", ...(door.match(/\b[A-Z]\w+/g) ?? [])]);
  const named = readInterfaces("src/config/config.ts").flatMap(({ name, keys }) => [
    name,
    ...keys.flatMap(({ type }) => type.replaceAll(/"[^"]*"/g, "").match(/\b[A-Z]\w+/g) ?? []),
  ]);
  const missing = new Set(named.filter((name) => !given.has(name)));
  assert.deepEqual([...missing], []);
});

test("every key has a text", () => {
  const missing: string[] = [];
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties } = node as { properties?: Record<string, { description?: string }> };
    for (const [key, property] of Object.entries(properties ?? {})) {
      if (property.description === undefined) missing.push(`${path}.${key}`);
    }
    for (const [key, value] of Object.entries(node)) walk(value, `${path}.${key}`);
  };
  walk(JSON.parse(schemaText()), "");
  assert.deepEqual(missing, []);
});
