import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatisticsReport, WorkerStatistics } from "../protocol/evidence.ts";
import { VirtualProcess, VirtualTime } from "../testing/virtual-time.ts";
import { plainReport } from "./metrics/testing-report.ts";
import { Statistics } from "./statistics.ts";

/** Statistics in virtual time, and a proxy that is as old as they are. */
function reporting(): {
  time: VirtualTime;
  statistics: Statistics;
  take: (more?: Partial<StatisticsReport>) => void;
} {
  const time = new VirtualTime();
  const statistics = new Statistics(new VirtualProcess(time).clock);
  const take = (more: Partial<StatisticsReport> = {}): void => {
    const process = { heapBytes: 1, deadlines: 0, upMs: time.nowMs };
    statistics.take({ ...plainReport, process, ...more });
  };
  return { time, statistics, take };
}

const asked = (answers: number, id = "w1"): WorkerStatistics => {
  return { service: "web", id, answers, errors: 0, latency: [answers] };
};

test("a proxy that was silent for long goes on where it was: nothing is counted twice", async () => {
  const { time, statistics, take } = reporting();
  await time.run(1_000);
  take({ workers: [asked(1_000)] });
  await time.run(90_000);
  assert.deepEqual(statistics.reports, []);
  take({ workers: [asked(1_006)] });
  assert.equal(statistics.workerCounts("web", "w1")?.answers, 1_006);
});

test("a worker that was left out of the report before counts from its first sight on", () => {
  const { statistics, take } = reporting();
  take({ workers: [asked(5)], workersLeftOut: 1 });
  take({ workers: [asked(1_000_000, "w2")] });
  assert.equal(statistics.workerCounts("web", "w2")?.answers, 0);
  take({ workers: [asked(1_000_002, "w2"), asked(3, "w3")] });
  assert.equal(statistics.workerCounts("web", "w2")?.answers, 2);
  assert.equal(statistics.workerCounts("web", "w3")?.answers, 3);
});

test("a report that was overtaken says nothing", async () => {
  const { time, statistics, take } = reporting();
  const process = { heapBytes: 1, deadlines: 0, upMs: 1_000 };
  const overtaken = { process, workers: [asked(100)] };
  take(overtaken);
  await time.run(2_000);
  take({ workers: [asked(120)] });
  take(overtaken);
  take({ workers: [asked(121)] });
  assert.equal(statistics.workerCounts("web", "w1")?.answers, 121);
});

test("a proxy that falls silent: its other series end, the age of its table grows for ten minutes", async () => {
  const { time, statistics, take } = reporting();
  const table = { term: 1, revision: 1, sequence: 1, heardMsAgo: 200 };
  take({ leaving: false, table });
  const { proxy } = plainReport;
  assert.deepEqual(statistics.tableAges, [{ proxy, ageMs: 200 }]);
  await time.run(599_000);
  assert.deepEqual(statistics.reports, []);
  assert.deepEqual(statistics.tableAges, [{ proxy, ageMs: 599_200 }]);
  await time.run(2_000);
  assert.deepEqual(statistics.tableAges, []);
});

test("who serves may be silent; who left, or was replaced, is not missed", async () => {
  const { time, statistics, take } = reporting();
  const serving = (): string[] => statistics.reportsOfServing.map(({ proxy }) => proxy);
  await time.run(5_000);
  take({ proxy: "proxy-1", leaving: false });
  take({ proxy: "proxy-2", leaving: true });
  assert.deepEqual(serving(), ["proxy-1", "proxy-2"]);
  await time.run(2_000);
  assert.deepEqual(serving(), ["proxy-1"]);
  take({ proxy: "proxy-3", leaving: false, process: { heapBytes: 1, deadlines: 0, upMs: 1_000 } });
  assert.deepEqual(serving(), ["proxy-3"]);
  await time.run(60_001);
  assert.deepEqual(serving(), []);
});

test("among too many proxies those make way that have long been silent", async () => {
  const { time, statistics, take } = reporting();
  for (let at = 0; at < 256; at += 1) take({ proxy: `p${at}` });
  take({ proxy: "late" });
  assert.equal(statistics.reports.length, 256);
  await time.run(60_001);
  take({ proxy: "late" });
  assert.deepEqual(
    statistics.reports.map(({ proxy }) => proxy),
    ["late"],
  );
});
