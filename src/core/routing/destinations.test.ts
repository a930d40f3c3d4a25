import assert from "node:assert/strict";
import { test } from "node:test";
import type { TableState } from "../health/grade.ts";
import { destinationsOf, type KnownWorker } from "./destinations.ts";

const services = {
  api: {
    subsets: {
      stable: { version: "1", otherwise: "none" },
      canary: { version: "2", otherwise: "stable" },
      next: { version: "3", otherwise: "canary" },
      gpu: { tags: ["gpu"], otherwise: "any" },
    },
  },
};
const live: TableState = { kind: "live" };
const gone: TableState = { kind: "suspect", cause: "refused", strength: "hard" };
const lost: TableState = { kind: "suspect", cause: "session-lost", strength: "soft" };
const worker = (
  version: string,
  state: TableState = live,
  weight = 1,
): KnownWorker & { version: string } => ({
  service: "api",
  version,
  state,
  weight,
});
const to = (subset: string) => ({ to: [{ service: "api", subset, weight: 1 }] });

const cases: [what: string, subset: string, workers: KnownWorker[], servedBy: string, versions: string[]][] =
  [
    ["its own workers", "canary", [worker("1"), worker("2")], "canary", ["2"]],
    ["the subset that stands in", "canary", [worker("1"), worker("2", gone)], "stable", ["1"]],
    ["the one that stands in for that", "next", [worker("1")], "stable", ["1"]],
    ["weight 0 is nobody", "canary", [worker("1"), worker("2", live, 0)], "stable", ["1"]],
    [
      "who is in doubt serves on where the other has weight 0",
      "stable",
      [worker("1", lost), worker("3", live, 0)],
      "stable",
      ["1"],
    ],
    ["any worker", "gpu", [worker("1"), worker("2")], "any", ["1", "2"]],
    ["nobody stands in", "stable", [worker("2")], "none", []],
    ["any, and there is none", "gpu", [worker("1", gone)], "none", []],
    ["a subset that is not known", "lost", [worker("1")], "none", []],
  ];
for (const [what, subset, workers, servedBy, versions] of cases) {
  test(`api:${subset}: ${what}`, () => {
    const [found] = destinationsOf(to(subset), services, workers);
    assert.equal(found?.servedBy, servedBy);
    assert.deepEqual(
      found?.workers?.map(({ version }) => version),
      versions,
    );
  });
}

test("who stands in is told in order, also where nothing is known of the workers", () => {
  assert.deepEqual(destinationsOf(to("next"), services, undefined), [
    { service: "api", subset: "next", otherwise: ["canary", "stable", "none"] },
  ]);
  assert.deepEqual(destinationsOf({ to: [{ service: "api", weight: 1 }] }, services, undefined), [
    { service: "api" },
  ]);
});

test("a share of weight 0 gets nothing", () => {
  const split = { to: ["stable", "canary"].map((subset, weight) => ({ service: "api", subset, weight })) };
  assert.deepEqual(
    destinationsOf(split, services, undefined).map(({ subset }) => subset),
    ["canary"],
  );
});
