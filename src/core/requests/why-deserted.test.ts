import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestRecord } from "./record.ts";
import { explainRequest } from "./why.ts";
import type { Departed } from "./why-deserted.ts";

const nobody: RequestRecord = {
  id: "4f2a-1",
  proxy: "proxy-1",
  at: "2026-01-01T12:00:00.000Z",
  kept: "failed",
  client: "127.0.0.1",
  method: "GET",
  host: "x",
  path: "/",
  query: "",
  status: 503,
  code: "no-live-worker",
  end: "own",
  route: "/",
  service: "web",
  queuedMs: 1_000,
  tookMs: 1_000,
  bytesIn: 0,
  bytesOut: 0,
  tries: [],
  workers: {
    workers: 0,
    eligible: 0,
    full: 0,
    draining: 0,
    weightless: 0,
    out: 0,
    waiting: 1,
    policy: "least-wait",
    shown: [],
  },
};
const gone = (second: number, kind: Departed["kind"] = "left"): Departed => ({
  worker: `w-${second}`,
  at: `2026-01-01T11:59:0${second}.000Z`,
  kind,
  reason: `web/w-${second} went`,
});

test("who was there last is named, when they went, and why", () => {
  const { cause, what, todo } = explainRequest(nobody, [gone(5), gone(4), gone(3), gone(2), gone(1)]);
  assert.equal(cause, "no-worker");
  assert.equal(
    what,
    "The service 'web' has no worker any more. It had: at 11:59:05Z web/w-5 went; at 11:59:04Z web/w-4 went; at 11:59:03Z web/w-3 went; and 2 before.",
  );
  assert.match(todo, /^Start one that joins 'web'.*skein diff 10m -s web/);
});

test("of those that died the logs are worth a look", () => {
  assert.match(explainRequest(nobody, [gone(5), gone(4, "dead")]).todo, /^Look at their logs, and start one/);
});

test("who went is told of the service, also where its route names a subset", () => {
  const { what, todo } = explainRequest({ ...nobody, subset: "v2" }, [gone(5)]);
  assert.equal(what, "Nobody serves 'web:v2' any more. The service had: at 11:59:05Z web/w-5 went.");
  assert.match(todo, /^Start one that belongs to subset 'v2' \(services\.web\.subsets\.v2\); in/);
});

test("nobody known to have been there, or another cause: the words are those of the cause", () => {
  assert.equal(explainRequest(nobody).what, "The service 'web' has no worker.");
  const draining = { ...nobody, workers: { ...nobody.workers!, workers: 1, draining: 1 } };
  assert.equal(explainRequest(draining, [gone(5)]).cause, "workers-draining");
});
