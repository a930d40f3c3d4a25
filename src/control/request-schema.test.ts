import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import type { RequestRecord, RequestTry, WorkerConsidered } from "../core/requests/record.ts";
import { proxyAnswerSchema } from "./request-schema.ts";

// Every field there is, or this does not compile: one that the schema does not know would be dropped in silence.
const attempt: Required<RequestTry> = {
  worker: "web-1",
  way: "link",
  chosenMs: 1,
  sentMs: 2,
  wholeMs: 2.5,
  firstByteMs: 3,
  endMs: 4,
  outcome: "reset",
  rule: "idempotent",
};

const worker: Required<WorkerConsidered> = {
  worker: "web-1",
  state: "live",
  seen: "ok",
  eligible: true,
  weight: 1,
  inFlight: 2,
  maxInFlight: 8,
  adaptive: { limit: 3, waiting: 2 },
  latencyMs: 5,
};

const record: Required<RequestRecord> = {
  id: "req-1",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  proxy: "proxy-1",
  at: "2026-01-01T00:00:00.000Z",
  kept: "failed",
  client: "127.0.0.1",
  method: "GET",
  host: "example.org",
  path: "/",
  query: "?a=1",
  status: 502,
  code: "outcome-unknown",
  detail: "the answer's head is too large",
  end: "own",
  route: "/",
  service: "web",
  subset: "stable",
  queuedMs: 0,
  headMs: 5,
  tookMs: 6,
  bytesIn: 10,
  bytesOut: 20,
  tries: [attempt],
  limits: { "timeouts.head": 30_000 },
  routes: [{ name: "/", verdict: "chosen", reasons: ["every path"] }],
  workers: {
    workers: 1,
    eligible: 1,
    full: 0,
    draining: 0,
    weightless: 0,
    out: 0,
    waiting: 0,
    policy: "least-wait",
    shown: [worker],
  },
};

test("a record comes through the schema as it was told", () => {
  const answer = { v: 1, ask: "ask-1", proxy: "proxy-1", records: [record] };
  assert.deepEqual(v.parse(proxyAnswerSchema, answer), answer);
});
