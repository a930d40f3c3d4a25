import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Cause, causeOf, causes } from "./cause.ts";
import type { RequestRecord, RequestTry } from "./record.ts";
import { explainRequest } from "./why.ts";
import { duration, shellWord } from "./words.ts";

const plain: RequestRecord = {
  id: "4f2a-1",
  proxy: "proxy-1",
  at: "2026-01-01T00:00:00.000Z",
  kept: "failed",
  client: "127.0.0.1",
  method: "GET",
  host: "x",
  path: "/",
  query: "",
  status: 200,
  end: "whole",
  service: "web",
  queuedMs: 0,
  headMs: 100,
  tookMs: 100,
  bytesIn: 0,
  bytesOut: 0,
  tries: [],
};
const answered = {
  worker: "a",
  way: "new",
  chosenMs: 0,
  sentMs: 1,
  endMs: 100,
  outcome: "answered",
} as const;
const own = (code: string): Partial<RequestRecord> => ({ end: "own", status: 503, code });

const rows: [string, Partial<RequestRecord>, Cause][] = [
  ["a sample", { kept: "sampled", tries: [answered] }, "answered"],
  ["slow, most of it connecting", { kept: "slow", tries: [{ ...answered, sentMs: 90 }] }, "slow-connect"],
  ["slow, most of it at the worker", { kept: "slow", tries: [answered] }, "slow-worker"],
  ["a code that is newer than this list", own("teapot"), "refused"],
  ["no details, no tries", own("no-live-worker"), "workers-out"],
  [
    "gave up after tries of several kinds",
    { ...own("no-live-worker"), tries: [{ ...answered, outcome: "reset" }] },
    "workers-tried",
  ],
  ["cut for another reason", { end: "cut", tries: [{ ...answered, outcome: "left" }] }, "reset-in-answer"],
  [
    "cut by a fault of the gateway's own",
    { end: "cut", code: "internal", tries: [{ ...answered, outcome: "left" }] },
    "internal",
  ],
  ["a question answered by the gateway", { ...own("last-hop"), status: 200 }, "answered"],
];

for (const [name, part, cause] of rows) {
  test(`${name}: ${cause}`, () => {
    const record = { ...plain, ...part };
    assert.equal(causeOf(record), cause);
    const why = explainRequest(record);
    assert.ok(why.what.length > 0 && why.rule.endsWith("."));
  });
}

/** The hedge began when the first try had waited for 1.5 s, or before. */
const overtaken = { ...answered, outcome: "overtaken" } as const;
const hedged: [name: string, tries: RequestTry[], cause: Cause, says: RegExp][] = [
  [
    "a late hedge led: slow was whoever was asked first",
    [overtaken, { ...answered, worker: "b", chosenMs: 1_500, sentMs: 1_500 }],
    "slow-worker",
    /web\/a had the request for 1\.6 s without answering; a second try beside it, at web\/b, answered first\./,
  ],
  [
    "the hedge lost: it is no failed try",
    [{ ...overtaken, worker: "b", chosenMs: 1_500, sentMs: 1_500 }, answered],
    "slow-worker",
    /web\/a took 1\.6 s from the request to its answer's head\./,
  ],
  [
    "a try failed slowly before: of the two that followed none did",
    [
      { ...answered, worker: "x", outcome: "reset" },
      { ...overtaken, chosenMs: 1_400, sentMs: 1_401 },
      { ...answered, worker: "b", chosenMs: 1_450, sentMs: 1_450 },
    ],
    "slow-retries",
    /of which 1\.4 s went to a try that failed \(x: reset\)\./,
  ],
];

for (const [name, tries, cause, says] of hedged) {
  test(`${name}: ${cause}`, () => {
    const why = explainRequest({ ...plain, kept: "slow", headMs: 1_600, tookMs: 1_600, tries });
    assert.equal(why.cause, cause);
    assert.match(why.what, says);
  });
}

test("a connection that was not made is told with the limit that was over first", () => {
  const tries: RequestTry[] = [{ ...answered, outcome: "connect-timeout", rule: "deadline" }];
  for (const [routeMs, says] of [
    [500, "route.timeout = 500 ms"],
    [30_000, "timeouts.connect = 2 s"],
  ] as const) {
    const limits = { "timeouts.connect": 2_000, "route.timeout": routeMs };
    const why = explainRequest({ ...plain, ...own("connect-timeout"), tries, limits });
    assert.equal(why.what, `web/a did not take a connection within ${says}.`);
  }
});

test("every cause stands in docs/why.md, and no other", () => {
  const document = readFileSync("docs/why.md", "utf8");
  const listed = [...document.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, cause]) => cause);
  assert.deepEqual(new Set(listed), new Set<string>(causes));
  assert.equal(listed.length, causes.length);
});

test("durations for people", () => {
  assert.deepEqual([0, 0.24, 9.96, 12.6, 999, 1_234, 59_400].map(duration), [
    "0 ms",
    "0.2 ms",
    "10 ms",
    "13 ms",
    "999 ms",
    "1.2 s",
    "59 s",
  ]);
});

test("what a client wrote is one word of a command that is copied", () => {
  assert.equal(shellWord("/orders/7"), "/orders/7");
  assert.equal(shellWord("/a;rm -rf $HOME"), "'/a;rm -rf $HOME'");
  assert.equal(shellWord("/a'`b`"), String.raw`'/a'\''` + "`b`'");
});
