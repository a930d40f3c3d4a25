import assert from "node:assert/strict";
import { test } from "node:test";
import type { CollectorReply } from "../../core/traces/delivery.ts";
import type { TraceSettings } from "../../protocol/configuration.ts";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import { TraceCounters } from "../reports/statistics.ts";
import { SpanExporter } from "./exporter.ts";

const settings: TraceSettings = {
  endpoint: "http://collector/v1/traces",
  share: 1,
  follow: "anyone",
  resource: { "service.name": "shop" },
  queueMax: 6,
  batchMax: 3,
  everyMs: 1_000,
  timeoutMs: 10_000,
};
const taken: CollectorReply = { kind: "answered", status: 200, rejected: 0, message: "" };
const busy: CollectorReply = { ...taken, status: 503 };
const lost: CollectorReply = { kind: "lost", reason: "ECONNREFUSED" };

interface Stage {
  time: VirtualTime;
  exporter: SpanExporter;
  counters: TraceCounters;
  /** The spans of each offer, and when it came. */
  offers: { at: number; spans: unknown[] }[];
  /** For the next offers; then everything is taken. `undefined`: no answer. */
  replies: (CollectorReply | undefined)[];
  told: string[];
  /** Spans of one request. */
  record: (...names: string[]) => void;
}

function stage(): Stage {
  const time = new VirtualTime();
  const counters = new TraceCounters();
  const offers: Stage["offers"] = [];
  const replies: Stage["replies"] = [];
  const told: string[] = [];
  const tell = (_: object, message: string): void => void told.push(message);
  const exporter = new SpanExporter(
    settings,
    {},
    {
      clock: new VirtualProcess(time).clock,
      random: () => 0.5,
      logger: { debug: tell, info: tell, warn: tell, error: tell },
      counters,
      post(body) {
        const { resourceSpans } = JSON.parse(body) as {
          resourceSpans: { scopeSpans: { spans: unknown[] }[] }[];
        };
        offers.push({ at: time.nowMs, spans: resourceSpans[0]?.scopeSpans[0]?.spans ?? [] });
        const reply = replies.length > 0 ? replies.shift() : taken;
        return reply === undefined ? new Promise(() => {}) : Promise.resolve(reply);
      },
    },
  );
  const record = (...names: string[]): void => {
    if (exporter.takes()) exporter.add(names.map((name) => JSON.stringify(name)));
  };
  return { time, exporter, counters, offers, replies, told, record };
}

test("what there is goes out when its time has come, and nothing when there is nothing", async () => {
  const { time, offers, counters, record } = stage();
  await time.run(5_500);
  record("a", "b");
  await time.run(5_000);
  assert.deepEqual(offers, [{ at: 6_000, spans: ["a", "b"] }]);
  assert.equal(counters.delivered, 2);
});

test("a full batch does not wait; the next one goes when it is taken", async () => {
  const { time, offers, record } = stage();
  record("a", "b");
  record("c", "d");
  record("e", "f");
  await time.run(0);
  assert.deepEqual(offers, [
    { at: 0, spans: ["a", "b", "c"] },
    { at: 0, spans: ["d", "e", "f"] },
  ]);
});

test("while a batch is under way the others wait; what does not fit is dropped whole, and counted", async () => {
  const { time, offers, replies, counters, exporter, record } = stage();
  replies.push(undefined);
  record("a", "b", "c");
  for (let each = 0; each < 10; each += 1) record("d", "e", "f", "g");
  await time.run(60_000);
  assert.deepEqual(offers, [{ at: 0, spans: ["a", "b", "c"] }]);
  assert.deepEqual([exporter.queued, counters.dropped], [8, 8]);
});

test("a collector that is busy is asked again, later each time, with the same spans", async () => {
  const { time, offers, replies, counters, told, record } = stage();
  replies.push(busy, lost, { ...busy, retryAfterMs: 60_000 });
  record("a", "b", "c");
  await time.run(100_000);
  assert.deepEqual(
    offers.map(({ at }) => at),
    [0, 1_000, 3_000, 63_000],
  );
  for (const { spans } of offers) assert.deepEqual(spans, ["a", "b", "c"]);
  assert.deepEqual(counters.report(), { delivered: 3, rejected: 0, lost: 0, retried: 3, dropped: 0 });
  assert.deepEqual(told, ["the collector does not take spans", "the collector takes spans again"]);
});

test("one that never takes it: the batch is given up, the next one has its chance", async () => {
  const { time, offers, replies, counters, record } = stage();
  replies.push(...Array.from({ length: 8 }, () => lost));
  record("a", "b", "c");
  record("d");
  await time.run(300_000);
  assert.equal(offers.length, 9);
  assert.deepEqual(offers.at(-1)?.spans, ["d"]);
  assert.deepEqual(counters.report(), { delivered: 1, rejected: 0, lost: 3, retried: 7, dropped: 0 });
});

test("what is not valid is not sent again", async () => {
  const { time, offers, replies, counters, record } = stage();
  replies.push({ ...taken, status: 400 });
  record("a", "b", "c");
  await time.run(60_000);
  assert.deepEqual([offers.length, counters.lost, counters.retried], [1, 3, 0]);
});

test("taken in part: the rest is counted, told once, and not sent again", async () => {
  const { time, offers, replies, counters, told, record } = stage();
  const partly: CollectorReply = { ...taken, rejected: 2, message: "too old" };
  replies.push(partly, partly);
  record("a", "b", "c");
  record("d", "e", "f");
  await time.run(60_000);
  assert.equal(offers.length, 2);
  assert.deepEqual([counters.delivered, counters.rejected], [2, 4]);
  assert.deepEqual(told, ["the collector does not take some spans"]);
});

test("at the end what is left is sent at once, each batch once", async () => {
  const { time, exporter, offers, replies, counters, record } = stage();
  record("a", "b", "c");
  await time.run(0);
  replies.push(busy);
  record("d");
  record("e", "f", "g");
  let closed = false;
  void exporter.close(2_000).then(() => (closed = true));
  await time.run(0);
  assert.equal(closed, true);
  assert.deepEqual(
    offers.map(({ spans }) => spans),
    [["a", "b", "c"], ["d", "e", "f"], ["g"]],
  );
  assert.deepEqual([counters.delivered, counters.lost], [4, 3]);
  record("late");
  await time.run(60_000);
  assert.deepEqual([offers.length, counters.dropped], [3, 1]);
});

test("at the end, waiting for another try: it is made now", async () => {
  const { time, exporter, offers, replies, record } = stage();
  replies.push(busy);
  record("a", "b", "c");
  await time.run(10);
  let closed = false;
  void exporter.close(2_000).then(() => (closed = true));
  await time.run(0);
  assert.deepEqual([closed, offers.map(({ at }) => at)], [true, [0, 10]]);
});

test("at the end, a collector that says nothing is not waited for longer than that", async () => {
  const { time, exporter, replies, counters, record } = stage();
  replies.push(undefined);
  record("a", "b", "c");
  record("d");
  let closedAt = -1;
  void exporter.close(2_000).then(() => (closedAt = time.nowMs));
  await time.run(60_000);
  assert.deepEqual([closedAt, counters.lost], [2_000, 4]);
});

test("nothing to send: the end is at once", async () => {
  const { time, exporter, offers } = stage();
  let closed = false;
  void exporter.close(2_000).then(() => (closed = true));
  await time.run(0);
  assert.deepEqual([closed, offers.length], [true, 0]);
});
