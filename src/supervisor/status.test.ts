import assert from "node:assert/strict";
import { test } from "node:test";
import { describeGateway } from "./status.ts";
import { PlanRun } from "./testing-plan.ts";

const parts = {
  startedAt: "2026-01-31T12:00:00Z",
  listen: [],
  urls: [],
  control: "127.0.0.1:7600",
  state: "/var/lib/skein",
  configuration: { file: null, digest: "d", error: null },
  force: () => undefined,
  certificates: () => [],
};

test("of two that said last that they lead, the one of the later term does", () => {
  const run = new PlanRun({ want: { proxy: 0, controller: 2 } });
  run.send({ t: "tick" });
  run.settle();
  const leaders = (): string[] =>
    describeGateway(run.plan, parts).children.flatMap(({ name, leader }) => (leader ? [name] : []));
  assert.deepEqual(leaders(), []);
  run.lead("controller-1", 5);
  assert.deepEqual(leaders(), ["controller-1"]);
  // The first is stopped: nothing more is heard of it.
  run.send({ t: "pong", name: "controller-2", term: 6, leader: true });
  assert.deepEqual(leaders(), ["controller-2"]);
});
