import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome, RequestRecord } from "../../src/demo/load/record.ts";
import { figuresOf, type TailMeasurement, verdictOn } from "./results.ts";

function record(scheduledAt: number, tookMs: number, outcome: Outcome): RequestRecord {
  const endedAt = scheduledAt + tookMs;
  return {
    id: "a",
    method: "GET",
    scheduledAt,
    sentAt: scheduledAt,
    endedAt,
    connectionOpenedAt: 0,
    outcome,
  };
}

const ok: Outcome = { kind: "answered", status: 200 };

test("what was due before is not counted; what is no 200 has failed", () => {
  const records = [
    record(0, 900, ok),
    ...Array.from({ length: 97 }, (_, at) => record(1_000 + at, 10, ok)),
    record(1_200, 500, { kind: "timeout" }),
    record(1_201, 300, { kind: "answered", status: 503 }),
    record(1_202, 200, ok),
  ];
  assert.deepEqual(figuresOf(records, 1_000), {
    requests: 100,
    failed: 2,
    p50: 10,
    p99: 300,
    p999: 500,
    max: 500,
  });
});

function measured(peer: string, round: number, p99: number, failed = 0): TailMeasurement {
  const rest = { requests: 100, p50: 1, p999: 1, max: 1, lateP99: 1, tries: 1 };
  return { scenario: "s", peer, round, p99, failed, ...rest };
}

test("the worse of ours is compared with the best of theirs, medians of rounds", () => {
  const measurements = [
    ...[50, 60, 900].map((p99, round) => measured("skein (SDK workers)", round, p99)),
    ...[80, 70, 90].map((p99, round) => measured("skein (plain workers)", round, p99, round)),
    ...[300, 200, 100].map((p99, round) => measured("nginx least_conn", round, p99)),
    ...[400, 500, 600].map((p99, round) => measured("caddy least_conn", round, p99)),
  ];
  const expected = { scenario: "s", ratio: 80 / 200, rival: "nginx least_conn", failed: 3 };
  assert.deepEqual(verdictOn("s", measurements), expected);
  assert.equal(verdictOn("s", measurements.slice(0, 6)), undefined);
  assert.equal(verdictOn("t", measurements), undefined);
});
