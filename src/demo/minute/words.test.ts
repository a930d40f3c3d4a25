import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestRecord } from "../load/record.ts";
import { paintFor } from "./paint.ts";
import { keyLines, openingLines, outcomeLines, statusLine } from "./words.ts";

const record: RequestRecord = {
  id: "a",
  method: "GET",
  scheduledAt: 0,
  sentAt: 1,
  endedAt: 12,
  connectionOpenedAt: 0,
  outcome: { kind: "answered", status: 503, reason: "no-live-worker" },
};

test("everything the demo says fits 80 columns", () => {
  const lines = [
    ...openingLines({
      listenPort: 65_535,
      controlPort: 65_535,
      proxies: 2,
      controllers: 2,
      workers: 3,
      readyMs: 1234,
      directory: "/tmp/skein-demo-abcdef",
      dashboard: "http://127.0.0.1:65535/dashboard/",
    }),
    ...keyLines,
    statusLine([record], {
      workers: ["1 live", "2 session-lost", "3 lease-expired"],
      controllers: 2,
      proxies: 2,
      led: false,
    }),
    ...outcomeLines(
      "stop a worker for 6 s",
      {
        requests: 400,
        answered: 390,
        failed: 1,
        refused: 1,
        exempt: 3,
        outcomeUnknown: 5,
        slow: 0,
        slowestMs: 123,
        doubled: [],
        unexecuted: [],
        failures: {},
      },
      { detectMs: 12_345, recoverMs: 12_345 },
    ),
  ];
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
});

test("the live line counts what failed", () => {
  const line = statusLine([record, { ...record, outcome: { kind: "answered", status: 200 } }], {
    workers: [],
    controllers: 2,
    proxies: 2,
    led: true,
  });
  assert.match(line, /2 req\/s 1 failed max 12ms/);
});

test("NO_COLOR, a file and a dumb terminal get plain text", () => {
  const painted = paintFor({ isTTY: true }, {}).good("x");
  assert.equal(painted, "\u001B[32mx\u001B[0m");
  assert.equal(paintFor({ isTTY: true }, { NO_COLOR: "1" }).good("x"), "x");
  assert.equal(paintFor({ isTTY: true }, { TERM: "dumb" }).good("x"), "x");
  assert.equal(paintFor({}, {}).good("x"), "x");
});
