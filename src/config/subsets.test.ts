import assert from "node:assert/strict";
import { test } from "node:test";
import type { SkeinConfig } from "./config.ts";
import { keyText } from "./issues.ts";
import { resolveConfiguration } from "./resolve.ts";
import { testSurroundings } from "./testing-surroundings.ts";

function issuesOf(written: unknown): string[] {
  const found = resolveConfiguration(written, testSurroundings);
  return found.ok ? [] : found.issues.map(({ path, message }) => `${keyText(path)}: ${message}`);
}

const subsets = { stable: { version: "1" }, canary: { version: "2", otherwise: "stable" } };

test("subsets, routes to them, and labels of workers at fixed addresses", () => {
  const written: SkeinConfig = {
    services: {
      api: {
        subsets: { ...subsets, gpu: { tags: ["gpu"], metadata: { region: "n" }, zone: "a" } },
        workers: [{ address: "10.0.0.1:80", version: "2", tags: ["gpu"], metadata: { region: "n" } }],
      },
    },
    routes: { "/one": "api:canary", "/": { to: { "api:stable": 95, "api:canary": 5, other: 1 } } },
  };
  const found = resolveConfiguration(written, testSurroundings);
  assert.ok(found.ok, JSON.stringify(found));
  const { services, routes } = found.configuration.traffic;
  assert.deepEqual(services["api"]?.subsets, {
    stable: { version: "1", otherwise: "none" },
    canary: { version: "2", otherwise: "stable" },
    gpu: { tags: ["gpu"], metadata: { region: "n" }, zone: "a", otherwise: "none" },
  });
  const [worker] = services["api"]?.workers ?? [];
  assert.deepEqual(worker, {
    id: "10.0.0.1:80",
    address: "10.0.0.1:80",
    weight: 1,
    version: "2",
    tags: ["gpu"],
    metadata: { region: "n" },
  });
  assert.deepEqual(
    routes.map(({ to }) => to),
    [
      [{ service: "api", subset: "canary", weight: 1 }],
      [
        { service: "api", subset: "stable", weight: 95 },
        { service: "api", subset: "canary", weight: 5 },
        { service: "other", weight: 1 },
      ],
    ],
  );
});

const wrong: [SkeinConfig, string][] = [
  [{ routes: { "/": "api:canary" } }, "it has none; define services.api.subsets"],
  [{ services: { api: { subsets } }, routes: { "/": "api:canry" } }, 'did you mean "api:canary"?'],
  [{ services: { api: { subsets } }, routes: { "/": "api:" } }, 'has no subset ""'],
  [{ services: { api: { subsets: { any: { version: "1" } } } } }, "is no name of a subset"],
  [{ services: { api: { subsets: { "a b": { version: "1" } } } } }, "is no name of a subset"],
  [{ services: { api: { subsets: { a: {} } } } }, "says nothing of its workers"],
  [{ services: { api: { subsets: { a: { version: "" } } } } }, '"version" has 1 to 100'],
  [{ services: { api: { subsets: { a: { metadata: { "A b": "x" } } } } } }, "keys are 1 to 64"],
  [
    { services: { api: { subsets: { ...subsets, c: { version: "3", otherwise: "stabel" } } } } },
    'did you mean "stable"?',
  ],
  [
    {
      services: {
        api: { subsets: { a: { version: "1", otherwise: "b" }, b: { version: "2", otherwise: "a" } } },
      },
    },
    "in a circle",
  ],
  [{ services: { api: { subsets: { a: { verison: "1" } as object } } } }, 'did you mean "version"?'],
];

for (const [written, expected] of wrong) {
  test(`refused: ${JSON.stringify(written)}`, () => {
    const issues = issuesOf(written);
    assert.ok(
      issues.some((issue) => issue.includes(expected)),
      issues.join("\n"),
    );
  });
}
