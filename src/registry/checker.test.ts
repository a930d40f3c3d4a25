import assert from "node:assert/strict";
import { test } from "node:test";
import { newWorker } from "../core/registry/create.ts";
import type { WorkerEvent } from "../core/registry/events.ts";
import { stepWorker } from "../core/registry/step.ts";
import { calm, checkedGate, registration } from "../core/registry/testing-worker.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { Checker, checkerNumbers } from "./checker.ts";
import type { Entry } from "./entry.ts";
import type { ProbeResult } from "./probe.ts";

interface Asked {
  at: number;
  id: string;
  what: string;
  answer: (result: ProbeResult) => void;
}

/** A checker whose questions the test answers. */
function setUp(): {
  time: VirtualTime;
  checker: Checker;
  asked: Asked[];
  entry: (id: string, host?: string) => Entry;
} {
  const time = new VirtualTime();
  const { clock } = new VirtualProcess(time);
  const asked: Asked[] = [];
  const checker = new Checker({
    clock,
    // In the middle: no jitter.
    random: () => 0.5,
    prober: (address, question) =>
      new Promise((answer) => {
        const what = question.kind === "connect" ? "connect" : `${question.method} ${question.path}`;
        asked.push({ at: time.nowMs, id: `w${address.port}`, what, answer });
      }),
    tlsOf: () => undefined,
    checkOf: () => ({ kind: "http", path: "/up", everyMs: 2_000, timeoutMs: 1_000, fall: 3, rise: 2 }),
    report(entry: Entry, event: WorkerEvent) {
      const { worker } = stepWorker(entry.worker, event, { ...calm, now: time.nowMs });
      entry.worker = worker;
    },
  });
  clock.every(20, () => checker.tick(clock.now()));
  const entry = (id: string, host = "127.0.0.1"): Entry => {
    const life = { ...registration, id, address: `${host}:${id.slice(1)}` };
    const worker = newWorker(life, "configured", checkedGate, time.nowMs, undefined);
    return {
      key: id,
      worker,
      load: {},
      instance: undefined,
      past: { generation: 1, begunAtMs: undefined },
      told: undefined,
      weight: undefined,
      tickAt: Number.POSITIVE_INFINITY,
      published: undefined,
      session: undefined,
      replaced: undefined,
      paced: false,
      onDraining: undefined,
    };
  };
  return { time, checker, asked, entry };
}

const good: ProbeResult = { kind: "answered", status: 200 };

test("at most so many at once, the others wait in line", async () => {
  const { time, checker, asked, entry } = setUp();
  for (let port = 1; port <= 1_000; port += 1) checker.consider(entry(`w${port}`));
  assert.equal(asked.length, checkerNumbers.concurrencyMax);
  for (let answered = 0; answered < 1_000; answered += 1) {
    asked[answered]?.answer(good);
    await time.run(0);
  }
  assert.equal(new Set(asked.slice(0, 1_000).map((one) => one.id)).size, 1_000);
});

test("those that ended while they waited take no place of the others", async () => {
  const { time, checker, asked, entry } = setUp();
  const max = checkerNumbers.concurrencyMax;
  const gone = Array.from({ length: 2 * max }, (_, index) => entry(`w${index + 1}`));
  for (const one of gone) checker.consider(one);
  checker.consider(entry("w9999"));
  for (const one of gone) checker.forget(one);
  for (const one of asked.splice(0)) one.answer(good);
  await time.run(0);
  assert.deepEqual(
    asked.map(({ id }) => id),
    ["w9999"],
  );
});

test("workers that are silent keep no other one from its check, however many they are", async () => {
  const { time, checker, asked, entry } = setUp();
  const silent = 4 * checkerNumbers.concurrencyMax;
  for (let port = 1; port <= silent; port += 1) checker.consider(entry(`w${port}`));
  const roundOfSilence = async (): Promise<void> => {
    const now = asked.splice(0);
    await time.run(1_000);
    for (const one of now) one.answer({ kind: "silent" });
    await time.run(0);
  };
  for (let rounds = 0; rounds < 6; rounds += 1) await roundOfSilence();
  checker.consider(entry("w9999"));
  await roundOfSilence();
  assert.ok(asked.some(({ id }) => id === "w9999"));
  const begun = new Set<string>();
  for (let rounds = 0; rounds < 6; rounds += 1) {
    for (const { id } of asked) begun.add(id);
    await roundOfSilence();
  }
  assert.ok(begun.size > silent, "and all of those are asked in turn");
});

test("first checks of a host with thousands of workers keep no other host's waiting", async () => {
  const { time, checker, asked, entry } = setUp();
  for (let port = 1; port <= 60_000; port += 1)
    checker.consider(entry(`w${port}`, `[2001:db8:0:1::${(port % 16).toString(16)}]`));
  checker.consider(entry("w60001", "10.0.0.2"));
  asked[0]?.answer({ kind: "silent" });
  asked[1]?.answer({ kind: "silent" });
  await time.run(0);
  assert.deepEqual(
    asked.slice(checkerNumbers.concurrencyMax).map(({ id }) => id),
    ["w257", "w60001"],
  );
});

test("a stopped worker is found within 5.5 s: the next check starts when the last one timed out", async () => {
  const { time, checker, asked, entry } = setUp();
  const one = entry("w1");
  checker.consider(one);
  asked[0]?.answer(good);
  const timesOut = (index: number, at: number): void => {
    time.at(at, () => asked[index]?.answer({ kind: "silent" }));
  };
  timesOut(1, 3_000);
  timesOut(2, 4_000);
  timesOut(3, 5_000);
  await time.run(5_000);
  assert.deepEqual(
    asked.slice(0, 4).map((check) => check.at),
    [0, 2_000, 3_000, 4_000],
  );
  assert.deepEqual(one.worker.state, { kind: "suspect", cause: "check-failed", strength: "soft" });
});

test("a refused check is repeated every 250 ms, and each second when that goes on", async () => {
  const { time, checker, asked, entry } = setUp();
  checker.consider(entry("w1"));
  for (let index = 0; index < 30; index += 1) {
    asked[index]?.answer({ kind: "refused" });
    await time.run(1_040);
    // Several may have been asked meanwhile: all are refused.
  }
  const gaps = asked.slice(1).map((one, index) => one.at - (asked[index]?.at ?? 0));
  assert.ok(gaps.every((gap) => gap >= 250 && gap <= 1_060));
});

test("a pause of our own gives no verdict: asked again, nothing reported", async () => {
  const { time, checker, asked, entry } = setUp();
  const one = entry("w1");
  checker.consider(one);
  asked[0]?.answer({ kind: "void" });
  await time.run(300);
  assert.equal(asked.length, 2);
  assert.equal(one.worker.checks.failedInRow, 0);
});

test("probes: one at a time, a sooner one replaces a later one, and the question fits", async () => {
  const { time, checker, asked, entry } = setUp();
  const one = entry("w1");
  one.worker = { ...one.worker, admitted: true };
  checker.probe(one, "connect", 1_000);
  checker.probe(one, "connect", 100);
  checker.probe(one, "connect", 500);
  await time.run(140);
  assert.deepEqual(
    asked.map((probe) => probe.what),
    ["connect"],
  );
  checker.probe(one, "answer", 0);
  assert.deepEqual(
    asked.map((probe) => probe.what),
    ["connect", "GET /up"],
  );
});

test("a result about an earlier life is dropped", async () => {
  const { time, checker, asked, entry } = setUp();
  const one = entry("w1");
  checker.consider(one);
  one.worker = { ...one.worker, registration: { ...one.worker.registration, generation: 2 } };
  asked[0]?.answer(good);
  await time.run(0);
  assert.equal(one.worker.admitted, false);
});
