import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeLayers } from "./layers.ts";
import { originsOf } from "./origins.ts";
import { printedValues } from "./printed-values.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

test("every printed value has an origin, and the other way round", () => {
  const resolved = resolveConfiguration({}, testSurroundings);
  assert.ok(resolved.ok);
  const values = printedValues(resolved.configuration);
  assert.deepEqual(Object.keys(values).sort(), Object.keys(originsOf(mergeLayers({}, {}, {}))).sort());
  assert.equal(values["timeouts.connect"], "2s");
});

test("what is written in groups, services and routes comes from the file", () => {
  const written = { limits: { head: 2048 }, services: { web: [] }, routes: { "/": "web" } };
  const origins = originsOf(mergeLayers(written, {}, { state: "s" }));
  assert.deepEqual(
    [
      origins["limits.head"],
      origins["limits.fields"],
      origins["services.web"],
      origins["routes./"],
      origins["state"],
    ],
    ["file", "default", "file", "file", "--state"],
  );
});
