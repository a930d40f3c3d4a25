import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestRecord } from "../../src/demo/load/record.ts";
import { allHeld, figuresOf, type OverloadMeasurement, rowCells, verdictLines } from "./results.ts";
import { isServed } from "./account.ts";
import { critical, type Loaded, phases, tenants } from "./traffic.ts";

const capacityPerSecond = 100;

let last = 0;

function record(scheduledAt: number, tookMs: number, status = 200): RequestRecord {
  const endedAt = scheduledAt + tookMs;
  const outcome = { kind: "answered", status } as const;
  last += 1;
  return {
    id: String(last),
    method: "GET",
    scheduledAt,
    sentAt: scheduledAt,
    endedAt,
    connectionOpenedAt: 0,
    outcome,
  };
}

/** Everything is answered: what is critical in `tookMs`, of each tenant so many a second by the plan, at most a tenth of the capacity. */
function loaded(tookMs: number, seconds: number): Loaded {
  let at = 0;
  const plan = phases(seconds).map((phase) => {
    const from = at;
    at += phase.seconds * 1_000;
    return { ...phase, from, until: at };
  });
  const records = new Map<string, RequestRecord[]>();
  records.set(
    critical,
    Array.from({ length: at / 100 }, (_, index) => record(index * 100, tookMs)),
  );
  for (const [index, name] of tenants.entries()) {
    const mine: RequestRecord[] = [];
    for (const { from, until, shares } of plan) {
      const everyMs = 1_000 / ((shares[index] ?? 0) * capacityPerSecond);
      for (let due = from; due < until; due += everyMs) {
        const served = Math.floor(due / 100) !== Math.floor((due - everyMs) / 100);
        mine.push(record(due, tookMs, served ? 200 : 503));
      }
    }
    records.set(name, mine);
  }
  const sent = [...records.values()].flat().length;
  return { phases: plan, records, planned: sent, sent, lateMsP99: 1 };
}

const ledgerOf = ({ records }: Loaded): string[] =>
  [...records.values()]
    .flat()
    .filter(isServed)
    .map(({ id }) => id);

const measured = (load: Loaded, ledger = ledgerOf(load)): OverloadMeasurement => ({
  peer: "skein",
  round: 1,
  tries: 1,
  ...figuresOf(load, ledger, capacityPerSecond),
});

test("all get the same, in time, all the while: every target is held", () => {
  const one = measured(loaded(20, 10));
  assert.ok(one.goodput > 0.95 && one.fairness > 0.99 && one.afterFirst > 0.9, JSON.stringify(one));
  assert.equal(one.criticalP99, 20);
  assert.ok(allHeld([one]));
  assert.ok(verdictLines([one]).every((line) => line.startsWith("held:")));
});

test("a critical request that is refused, or late, shows in the p99", () => {
  const some = loaded(20, 10);
  const list = some.records.get(critical) ?? [];
  const from = some.phases[1]?.from ?? 0;
  for (const [at, each] of list.entries()) {
    if (each.scheduledAt >= from && at % 20 === 0) list[at] = record(each.scheduledAt, 1, 503);
  }
  const one = measured(some);
  assert.equal(one.criticalP99, Infinity);
  assert.ok(!allHeld([one]));
  assert.match(rowCells([one])[0]?.join(" ") ?? "", /failed/);
});

test("one tenant alone is no fairness, and nothing measured is nothing held", () => {
  const some = loaded(20, 10);
  for (const name of tenants.slice(1)) some.records.set(name, []);
  assert.ok(measured(some).fairness < 0.11);
  assert.equal(allHeld([]), false);
});

test("a second in which a tenth and a bit more is missing is said to be not held", () => {
  const some = loaded(20, 10);
  const from = (some.phases[1]?.from ?? 0) + 3_000;
  for (const [name, list] of some.records) {
    some.records.set(
      name,
      list.map((one) => {
        const isLost = one.scheduledAt >= from && one.scheduledAt < from + 1_000 && Number(one.id) % 4 === 0;
        return isLost ? record(one.scheduledAt, 1, 503) : one;
      }),
    );
  }
  const one = measured(some);
  assert.ok(one.goodput > 0.9 && one.goodputLeast < 0.9, JSON.stringify(one.goodputs));
  assert.match(verdictLines([one])[0] ?? "", /^NOT held \(in 0 of 1\)/);
});

test("an answer that no worker gave is not held", () => {
  const some = loaded(20, 10);
  const one = measured(some, ledgerOf(some).slice(1));
  assert.match(verdictLines([one]).at(-1) ?? "", /^NOT held/);
});
