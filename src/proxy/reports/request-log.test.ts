import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestRecord } from "../../protocol/requests.ts";
import { systemClock } from "../../runtime/clock.ts";
import { RecordRings } from "./record-rings.ts";
import { RequestLog } from "./request-log.ts";

function record(id: string, more: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id,
    proxy: "proxy-1",
    at: "2026-01-01T00:00:00.000Z",
    kept: "failed",
    client: "127.0.0.1",
    method: "GET",
    host: "x",
    path: "/",
    query: "",
    status: 503,
    end: "own",
    queuedMs: 0,
    tookMs: 1,
    bytesIn: 0,
    bytesOut: 0,
    tries: [],
    ...more,
  };
}

test("a flood of one cause leaves the other's records", () => {
  const rings = new RecordRings();
  rings.add("no-route", record("rare"), 10);
  for (let at = 0; at < 1_000; at += 1) rings.add("queue-full", record(`flood-${at}`), 10);
  const ids = Array.from(rings, ({ id }) => id);
  assert.equal(ids.length, 11);
  assert.ok(ids.includes("rare") && ids.includes("flood-999") && !ids.includes("flood-989"));
});

test("bytes are bounded over all causes: the longest ring gives way", () => {
  const bytesMax = 50_000;
  const rings = new RecordRings(bytesMax);
  rings.add("no-route", record("rare"), 1_000);
  for (let at = 0; at < 500; at += 1) {
    rings.add(
      "queue-full",
      record(`flood-${at}`, { path: "/x".repeat(500), query: "?y".repeat(500) }),
      1_000,
    );
    assert.ok(rings.bytes <= bytesMax);
  }
  const ids = Array.from(rings, ({ id }) => id);
  assert.ok(ids.includes("rare") && ids.includes("flood-499"));
  assert.ok(ids.length < 50, String(ids.length));
});

test("samples are so many in a second whatever the traffic; failed and slow requests all", () => {
  const log = new RequestLog("proxy-1", systemClock);
  const settings = { slowMs: 100, samplesPerSecond: 5, keep: 10, redact: [] };
  const kept = Array.from({ length: 10_000 }, (_, at) => log.keeps(false, 1, settings, at)).filter(Boolean);
  assert.equal(kept.length, 50);
  assert.equal(log.keeps(false, 100, settings, 0), "slow");
  assert.equal(log.keeps(true, 100, settings, 0), "failed");
  assert.equal(log.keeps(false, 1, { ...settings, samplesPerSecond: 0 }, 1e9), undefined);
});

test("only twenty in a second look at everything", () => {
  const log = new RequestLog("proxy-1", systemClock);
  const afforded = Array.from({ length: 100 }, (_, at) => log.affordsCloseLook(at)).filter(Boolean);
  assert.equal(afforded.length, 20);
  assert.equal(log.affordsCloseLook(999), false);
  assert.equal(log.affordsCloseLook(1_000), true);
});

test("found by what is wanted, the newest or the slowest first", () => {
  const log = new RequestLog("proxy-1", systemClock);
  const { proxy: _proxy, at: _at, ...plain } = record("");
  log.keep("a", { ...plain, id: "old", tookMs: 900, code: "queue-full" }, 5_000, 10);
  log.keep("b", { ...plain, id: "new", tookMs: 2, status: 404, code: "no-route" }, 0, 10);
  log.keep(
    "slow",
    { ...plain, id: "slow", tookMs: 50, status: 200, kept: "slow", service: "web" },
    1_000,
    10,
  );
  const ids = (wanted: Partial<Parameters<RequestLog["find"]>[0]>): string =>
    log
      .find({ limit: 10, ...wanted })
      .map(({ id }) => id)
      .join();
  assert.equal(ids({}), "new,slow,old");
  assert.equal(ids({ slowest: true }), "old,slow,new");
  assert.equal(ids({ limit: 1 }), "new");
  assert.equal(ids({ id: "old" }), "old");
  assert.equal(ids({ kept: "slow" }), "slow");
  assert.equal(ids({ code: "no-route" }), "new");
  assert.equal(ids({ service: "web" }), "slow");
  assert.equal(ids({ status: 500 }), "old");
});
