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

test("what is printed can be written back, and comes to the same", () => {
  const written = {
    limits: { head: 20_000, replayBody: "1MiB", bodyPerSecond: 1_000, connectionAge: "90m" },
    timeouts: { connect: 1_500, idleClient: "2d", handshake: 61_000 },
    requests: { slow: "2.5s" },
    registration: { metadata: "2kB" },
  };
  const first = printed(written);
  assert.deepEqual(
    [
      "limits.head",
      "limits.replayBody",
      "limits.connectionAge",
      "timeouts.connect",
      "timeouts.idleClient",
    ].map((key) => first[key]),
    ["20kB", "1MiB", "90m", "1500ms", "2d"],
  );
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [key, value] of Object.entries(first)) {
    const [group = "", name] = key.split(".");
    if (name === undefined || group === "traces") continue;
    groups[group] = { ...groups[group], [name]: value };
  }
  assert.deepEqual(printed(groups), first);
});

function printed(config: object): Record<string, unknown> {
  const resolved = resolveConfiguration(config, testSurroundings);
  assert.ok(resolved.ok, JSON.stringify(resolved));
  return printedValues(resolved.configuration);
}
