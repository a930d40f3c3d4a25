import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { seededRandom } from "../../runtime/random.ts";
import { Proxy } from "../proxy.ts";
import { testTable } from "../testing/testing-table.ts";

const rows: [name: string, hints: boolean, told: number][] = [
  ["proxy-1", false, 1],
  ["proxy-2", false, 0],
  ["proxy-1", true, 0],
];

for (const [name, hints, told] of rows) {
  test(`that too few files may be opened is told ${told} times by ${name}, ${hints ? "with" : "without"} hints`, (t) => {
    const warned: string[] = [];
    const proxy = new Proxy({
      name,
      instance: "test",
      clock: systemClock,
      random: seededRandom(7),
      logger: { ...silentLogger, warn: (_, message) => warned.push(message) },
      evidence: () => {},
      filesMax: 200,
    });
    t.after(() => proxy.close());
    proxy.take({ kind: "full", table: testTable({ proxy: { hints } }) });
    assert.equal(warned.filter((message) => message.includes("ulimit -n")).length, told);
  });
}
