import assert from "node:assert/strict";
import { test } from "node:test";
import { plainReport } from "./metrics/testing-report.ts";
import { type Heard, tableAges } from "./table-ages.ts";

const minuteMs = 60_000;
const now = 20 * minuteMs;

const reporting = { silentMs: 0, leaving: false as boolean | undefined, upMs: 10 * minuteMs };
const cut = { ...reporting, silentMs: minuteMs };

/** A proxy that heard of a controller 300 ms before its own last word, and was `upMs` old then. */
function heard(proxy: string, { silentMs, leaving, upMs } = reporting): Heard {
  const table = { term: 1, revision: 1, sequence: 1, heardMsAgo: 300 };
  const process = { heapBytes: 1, deadlines: 0, upMs };
  return { report: { ...plainReport, proxy, leaving, table, process }, at: now - silentMs };
}

const reborn = heard("proxy-2", { ...reporting, upMs: 5_000 });

const rows: [says: string, heard: Heard[], ages: Record<string, number>][] = [
  ["one that reports", [heard("proxy-1")], { "proxy-1": 300 }],
  ["one that is silent", [heard("b:proxy-1", cut)], { "b:proxy-1": minuteMs + 300 }],
  ["one that left", [heard("proxy-1", { ...cut, leaving: true })], {}],
  ["one of an older version", [heard("proxy-1", { ...cut, leaving: undefined })], {}],
  ["one that died, and was replaced", [heard("proxy-1", cut), reborn], { "proxy-2": 300 }],
  [
    "one that is silent, as another host starts a proxy",
    [heard("b:proxy-1", cut), reborn],
    { "b:proxy-1": minuteMs + 300, "proxy-2": 300 },
  ],
];

for (const [says, all, ages] of rows) {
  test(`the age of tables: ${says}`, () => {
    assert.deepEqual(Object.fromEntries(tableAges(all, now).map(({ proxy, ageMs }) => [proxy, ageMs])), ages);
  });
}

test("a proxy without a table has no age of it", () => {
  assert.deepEqual(tableAges([{ report: plainReport, at: now }], now), []);
});
