import assert from "node:assert/strict";
import { test } from "node:test";
import { workersReportedMax } from "../../protocol/evidence.ts";
import { systemClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { seededRandom } from "../../runtime/random.ts";
import { Proxy } from "../proxy.ts";
import { testTable, testWorkerRow } from "../testing/testing-table.ts";

test("a report says of how many workers it tells nothing although they were asked", (t) => {
  const proxy = new Proxy({
    name: "proxy-1",
    instance: "test",
    zone: undefined,
    clock: systemClock,
    random: seededRandom(7),
    logger: silentLogger,
    evidence: () => {},
  });
  t.after(() => proxy.close());
  const workers = Array.from({ length: workersReportedMax + 5 }, (_, at) => testWorkerRow(at));
  proxy.take({ kind: "full", table: testTable({ workers }) });
  const known = [...proxy.pool("web").workers.values()];
  for (const worker of known.slice(2)) worker.counters.answered(200, 1);
  const { workers: told, workersLeftOut } = proxy.report();
  assert.deepEqual([told?.length, workersLeftOut], [workersReportedMax, 3]);
});
