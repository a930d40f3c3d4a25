import assert from "node:assert/strict";
import { test } from "node:test";
import { cases } from "./cases.ts";
import { peerNames } from "./peer-names.ts";
import { groupsOf, type Step, stepsOf } from "./plan.ts";

const named = (...names: string[]) => cases.filter(({ name }) => names.includes(name));
const rounds = { rounds: 7, roundsOfFar: { headline: 7, elsewhere: 3 }, roundsOfLatency: 2, roundsOfLong: 3 };
const shown = (steps: readonly Step[]): string[] =>
  steps.map(({ of, peer, round, loop }) => `${round} ${of.name} ${peer} ${loop}`);
const of = (steps: readonly Step[], peer: string, name: string, loop: string): number[] =>
  steps
    .filter((step) => step.peer === peer && step.of.name === name && step.loop === loop)
    .map(({ round }) => round);

test("cases of one setup are one group, and so are those that grow from one to the next", () => {
  const groups = groupsOf(named("get", "answer-1k", "routes-10", "routes-10000", "workers-3"));
  assert.deepEqual(
    groups.map(({ name, cases }) => [name, cases.length]),
    [
      ["base", 2],
      ["routes", 2],
      ["workers", 1],
    ],
  );
});

test("within a round the peers follow each other, and the next round goes backwards", () => {
  const [group] = groupsOf(named("get"));
  assert.ok(group);
  assert.deepEqual(shown(stepsOf(group, ["skein", "nginx"], { ...rounds, rounds: 2 })), [
    "0 get nginx closed",
    "0 get skein closed",
    "1 get skein closed",
    "1 get nginx closed",
    "2 get nginx closed",
    "2 get skein closed",
  ]);
});

test("cases of a growth are measured in turn within each round", () => {
  const [group] = groupsOf(named("routes-10", "routes-10000"));
  assert.ok(group);
  const steps = stepsOf(group, ["skein", "nginx"], { ...rounds, rounds: 1, roundsOfLatency: 0 });
  assert.deepEqual(shown(steps).slice(4), [
    "1 routes-10 skein closed",
    "1 routes-10000 skein closed",
    "1 routes-10 nginx closed",
    "1 routes-10000 nginx closed",
  ]);
});

test("near peers are measured in every round, far ones in some, in the headline all", () => {
  const steps = groupsOf(named("get", "answer-1k", "connections-64")).flatMap((group) =>
    stepsOf(group, peerNames, rounds),
  );
  assert.deepEqual(of(steps, "skein", "answer-1k", "closed"), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(of(steps, "caddy", "answer-1k", "closed"), [0, 3, 5, 7]);
  assert.deepEqual(of(steps, "caddy", "get", "closed"), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(of(steps, "skein", "answer-1k", "open"), [4, 7]);
  assert.deepEqual(of(steps, "caddy", "answer-1k", "open"), [7]);
  assert.deepEqual(of(steps, "skein", "connections-64", "open"), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(of(steps, "skein", "connections-64", "closed"), []);
});

test("what takes long is measured in fewer rounds, and not to warm up", () => {
  const [group] = groupsOf(named("connections-10000"));
  assert.ok(group);
  assert.deepEqual(of(stepsOf(group, ["skein"], rounds), "skein", "connections-10000", "open"), [3, 5, 7]);
});

test("a short run has the far peers in the headline alone", () => {
  const quick = {
    rounds: 3,
    roundsOfFar: { headline: 3, elsewhere: 0 },
    roundsOfLatency: 0,
    roundsOfLong: 1,
  };
  const steps = groupsOf(named("get", "answer-1m", "connections-64")).flatMap((group) =>
    stepsOf(group, peerNames, quick),
  );
  assert.deepEqual(of(steps, "go", "get", "closed"), [0, 1, 2, 3]);
  assert.deepEqual(of(steps, "go", "answer-1m", "closed"), []);
  assert.deepEqual(of(steps, "go", "connections-64", "open"), []);
  assert.deepEqual(of(steps, "nginx", "answer-1m", "closed"), [0, 1, 2, 3]);
  assert.deepEqual(of(steps, "nginx", "answer-1m", "open"), []);
});
