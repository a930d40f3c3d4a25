import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterEvent, ClusterEventKind } from "../../src/protocol/events.ts";
import { spansByHost, spansOf, timeIn } from "./state-spans.ts";

const at = (ms: number): string => new Date(ms).toISOString();
/** The newest first, as the page keeps them. */
const events = (...told: [ClusterEventKind, number][]): ClusterEvent[] =>
  told.map(([kind, ms], id) => ({ id, at: at(ms), term: 1, kind, message: "" })).toReversed();

test("one state after the other, without a gap, up to now", () => {
  const told = events(
    ["worker-joined", 90],
    ["worker-live", 100],
    ["worker-suspect", 400],
    ["worker-live", 450],
  );
  assert.deepEqual(spansOf(told, { state: "live", since: 451 }, 0, 1_000), [
    { state: undefined, from: 0, until: 100 },
    { state: "live", from: 100, until: 400 },
    { state: "suspect", from: 400, until: 450 },
    { state: "live", from: 450, until: 1_000 },
  ]);
});

test("what is before the range is known where an event is, and begins with it", () => {
  const told = events(["worker-live", 100], ["worker-draining", 700]);
  const spans = spansOf(told, { state: "draining", since: 700 }, 500, 1_000);
  assert.deepEqual(spans, [
    { state: "live", from: 500, until: 700 },
    { state: "draining", from: 700, until: 1_000 },
  ]);
  assert.deepEqual(timeIn(spans), [
    { state: "draining", ms: 300 },
    { state: "live", ms: 200 },
  ]);
});

test("without events the registry's word counts; one that is forgotten is in no state", () => {
  assert.deepEqual(spansOf([], { state: "live", since: 300 }, 0, 1_000), [
    { state: undefined, from: 0, until: 300 },
    { state: "live", from: 300, until: 1_000 },
  ]);
  const gone = events(["worker-dead", 200], ["worker-forgotten", 600]);
  assert.deepEqual(spansOf(gone, undefined, 0, 1_000).at(-1), { state: undefined, from: 600, until: 1_000 });
  assert.deepEqual(spansOf([], undefined, 0, 1_000), [{ state: undefined, from: 0, until: 1_000 }]);
});

test("events of a host whose clock is ahead do not make of a dead worker a live one", () => {
  const told = events(["worker-live", 200], ["worker-suspect", 1_580], ["worker-dead", 1_600]);
  assert.deepEqual(spansOf(told, { state: "dead", since: 600 }, 0, 1_000), [
    { state: undefined, from: 0, until: 200 },
    { state: "live", from: 200, until: 600 },
    { state: "dead", from: 600, until: 1_000 },
  ]);
  // The last one is not told yet.
  assert.deepEqual(spansOf(events(["worker-live", 1_500]), { state: "dead", since: 600 }, 0, 1_000), [
    { state: undefined, from: 0, until: 600 },
    { state: "dead", from: 600, until: 1_000 },
  ]);
});

test("a reader whose clock is ten minutes late, or early, sees the same", () => {
  const host = 10_000_000;
  const told = events(
    ["worker-live", host - 60_000],
    ["worker-suspect", host - 30_000],
    ["worker-live", host - 20_000],
  );
  for (const skewMs of [-600_000, 0, 600_000]) {
    const now = host + skewMs;
    const worker = { state: "live" as const, since: now - 20_000 };
    const spans = spansByHost(told, worker, { now, aheadMs: -skewMs }, 50_000);
    assert.deepEqual(timeIn(spans), [
      { state: "live", ms: 40_000 },
      { state: "suspect", ms: 10_000 },
    ]);
  }
});
