import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { collectGarbage } from "../../proxy/testing/testing-garbage.ts";
import { RateTable } from "./rate-limit.ts";

const rules = { requests: 10, perMs: 1_000, burst: 5 };

/** How many of the requests, one each `everyMs`, are let through. */
function taken(table: RateTable, key: string, count: number, everyMs: number, sharers = 1, from = 0): number {
  let through = 0;
  for (let at = 0; at < count; at += 1) {
    if (table.take(key, rules, sharers, from + at * everyMs) === 0) through += 1;
  }
  return through;
}

test("a burst, then the rate", () => {
  const table = new RateTable();
  assert.equal(taken(table, "a", 20, 0), 5);
  assert.equal(table.take("a", rules, 1, 0), 100);
  assert.equal(table.take("a", rules, 1, 99), 1);
  assert.equal(table.take("a", rules, 1, 100), 0);
  assert.equal(taken(table, "a", 1_000, 10, 1, 100), 99);
});

test("keys do not know of each other, and whoever paused has the burst again", () => {
  const table = new RateTable();
  assert.equal(taken(table, "a", 20, 0), 5);
  assert.equal(taken(table, "b", 20, 0), 5);
  assert.equal(taken(table, "a", 20, 0, 1, 10_000), 5);
});

test("those that share a limit let through what one would, but for their bursts", () => {
  for (const sharers of [2, 3, 8]) {
    const tables = Array.from({ length: sharers }, () => new RateTable());
    const through = tables.reduce((sum, table) => sum + taken(table, "a", 10_000, 1, sharers), 0);
    // 10 s at 10 each second; a burst of 5, or of one each where that is more.
    const most = 100 + Math.max(5, sharers);
    assert.ok(through <= most && through >= 100, `${through} by ${sharers}`);
  }
});

test("full buckets are forgotten", () => {
  const table = new RateTable();
  for (let key = 0; key < 1_000; key += 1) table.take(`${key}`, rules, 1, key);
  assert.ok(table.size <= 103, String(table.size));
});

/** How often somebody begins at the front of a `Map` meanwhile. */
function walksDuring(run: () => void): number {
  const maps: object = Map.prototype;
  const beginnings = ["entries", "keys", Symbol.iterator].map((name) => {
    const before = { ...Object.getOwnPropertyDescriptor(maps, name) };
    return { name, before, method: before.value as () => unknown };
  });
  let walks = 0;
  for (const { name, before, method } of beginnings) {
    const value = function (this: unknown): unknown {
      walks += 1;
      return method.call(this);
    };
    Object.defineProperty(maps, name, { ...before, value });
  }
  try {
    run();
  } finally {
    for (const { name, before } of beginnings) Object.defineProperty(maps, name, before);
  }
  return walks;
}

test("a new key costs no walk over those that were forgotten", () => {
  const table = new RateTable();
  const walks = walksDuring(() => {
    for (let key = 0; key < 10_000; key += 1) table.take(`${key}`, rules, 1, key);
  });
  // Each round of the hand: some 100 buckets, four for each new key.
  assert.ok(walks <= 10_000 / (100 / 4), String(walks));
});

test("what was forgotten takes no memory, also behind one that is always in use", async () => {
  const table = new RateTable();
  let now = 0;
  const come = (keys: number): void => {
    for (let key = 0; key < keys; key += 1, now += 1) {
      table.take("busy", rules, 1, now);
      table.take(`${now}`, rules, 1, now);
    }
  };
  come(10_000);
  await collectGarbage();
  const before = process.memoryUsage().heapUsed;
  come(200_000);
  await collectGarbage();
  const more = process.memoryUsage().heapUsed - before;
  assert.ok(more < 2e6, `${more} bytes`);
});

test("full buckets are forgotten also behind some that never are", () => {
  const table = new RateTable();
  for (let key = 0; key < 20; key += 1) table.take(`busy ${key}`, { ...rules, requests: 1e-6 }, 1, 0);
  for (let key = 0; key < 10_000; key += 1) table.take(`${key}`, rules, 1, key);
  // Each of the others is full again after 100 ms. What is full and not found yet is a third at most.
  assert.ok(table.size <= (100 + 20) * (4 / 3), String(table.size));
});

test("other rules leave each bucket as full as it is", () => {
  const hourly = { requests: 10, perMs: 3_600_000, burst: 10 };
  const quick = { requests: 1_000, perMs: 1_000, burst: 1_000 };
  const drain = (table: RateTable, key: string, by: typeof quick, now = 0): number => {
    let through = 0;
    while (table.take(key, by, 1, now) === 0) through += 1;
    return through;
  };
  for (const [before, after] of [
    [hourly, quick],
    [quick, hourly],
  ] as const) {
    const table = new RateTable(2);
    drain(table, "empty", before);
    for (let at = 0; at < before.burst / 2; at += 1) table.take("half", before, 1, 0);
    drain(table, "shares a bucket", before);
    table.goBy(after, 1, 0);
    const tokenMs = after.perMs / after.requests;
    const nextMs = (key: string): number => Math.round(table.take(key, after, 1, 0) * 1_000) / 1_000;
    assert.deepEqual([nextMs("empty"), nextMs("shares a bucket")], [tokenMs, tokenMs]);
    assert.equal(drain(table, "half", after), after.burst / 2);
    // And on at the new pace.
    assert.equal(drain(table, "empty", after, tokenMs * 3.5), 3);
  }
});

test("a crowd of keys frees nobody from its limit, and has one bucket", () => {
  const table = new RateTable(10);
  assert.equal(taken(table, "greedy", 20, 0), 5);
  for (let key = 0; key < 9; key += 1) taken(table, `busy ${key}`, 5, 0);
  let crowd = 0;
  for (let key = 0; key < 100; key += 1) if (table.take(`made up ${key}`, rules, 1, 0) === 0) crowd += 1;
  assert.equal(crowd, 5);
  assert.equal(table.size, 10);
  assert.notEqual(table.take("greedy", rules, 1, 0), 0);
});

test("never more than burst and rate, whatever comes when", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 200 }), (gaps) => {
      const table = new RateTable();
      let now = 0;
      const through: number[] = [];
      for (const gap of gaps) {
        now += gap;
        if (table.take("a", rules, 1, now) === 0) through.push(now);
      }
      for (const [first, from] of through.entries()) {
        for (let last = first; last < through.length; last += 1) {
          const most = rules.burst + ((through[last] ?? 0) - from) / 100;
          assert.ok(last - first + 1 <= most + 1e-6);
        }
      }
    }),
  );
});
