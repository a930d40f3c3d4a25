import assert from "node:assert/strict";
import { test } from "node:test";
import { ChildWords } from "./force.ts";
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
  controlCertificate: () => undefined,
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

test("of the certificates that its controllers show that which ends first is told; of none, none", () => {
  const run = new PlanRun({ want: { proxy: 0, controller: 2 } });
  run.send({ t: "tick" });
  run.settle();
  const words = new ChildWords();
  const told = () => {
    const controlCertificate = (controllers: readonly string[]) => words.certificate(controllers);
    return describeGateway(run.plan, { ...parts, controlCertificate }).controlCertificate;
  };
  assert.equal(told(), undefined);
  for (const [name, notAfter] of [
    ["controller-1", 30],
    ["controller-2", 20],
    ["controller-of-before", 10],
  ] as const)
    words.heard(name, { term: 1, leader: false, certificate: { file: "/control.pem", notAfter } });
  assert.deepEqual(told(), { file: "/control.pem", notAfter: 20 });
});
