import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { test, type TestContext } from "node:test";
import { takeInHand } from "../at-hand/at-hand.ts";
import { head, listening, Log } from "../link/testing-service.ts";
import { type Way, wayTo } from "../link/testing-ways.ts";
import type { CallOptions } from "./call-options.ts";
import { client, type ServiceClient } from "./client.ts";
import { TestingPlace } from "./testing-place.ts";

interface Chain {
  way: Way;
  last: TestingPlace;
  orders: ServiceClient;
  /** Of the requests that reached the last. */
  heads: IncomingHttpHeaders[];
  log: Log;
}

/** A service that asks another one for each request. */
async function chain(t: TestContext, options: CallOptions): Promise<Chain> {
  const last = await TestingPlace.start(t, "last");
  const heads: IncomingHttpHeaders[] = [];
  last.answer = (request, response) => {
    heads.push(request.headers);
    response.end("ok");
  };
  const orders = client("orders", { gateways: last.address, timeoutMs: 20_000 });
  t.after(() => orders.close());
  const log = new Log();
  const server = createServer((_request, response) => {
    orders.fetch("/", options).then(
      () => response.end("ok"),
      (error: Error) => {
        log.add("failed", error.name);
        response.writeHead(502).end();
      },
    );
  });
  server.prependListener("request", takeInHand);
  return { way: await wayTo(t, await listening(t, server), "tcp"), last, orders, heads, log };
}

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const cameWith = (...fields: string[]): string =>
  head("GET /", "x-skein-budget: 5000", "x-skein-attempt: 1", "x-request-id: r-1", ...fields);
const came = cameWith(`traceparent: ${traceparent}`, "tracestate: a=1");
const seen = ({ heads: [it = {}] }: Chain): unknown[] => [
  Number(it["x-skein-budget"]) <= 5_000 ? "what is left" : "its own time",
  it["x-skein-attempt"],
  it["x-request-id"],
  it["traceparent"],
];

const cases: [what: string, options: CallOptions, expected: unknown[]][] = [
  ["by itself: time, attempt, id and trace", {}, ["what is left", "1", "r-1", traceparent]],
  [
    "what the caller says itself stands",
    { headers: { "x-request-id": "own" } },
    ["what is left", "1", "own", traceparent],
  ],
  ["not inherited: nothing", { inherit: false }, ["its own time", undefined, undefined, undefined]],
];

for (const [what, options, expected] of cases) {
  test(`a call from a handler, ${what}`, async (t) => {
    const made = await chain(t, options);
    assert.match(await made.way.call(came, "").answer.over(), /ok/);
    assert.deepEqual(seen(made), expected);
  });
}

for (const [what, fields, told] of [
  ["goes on", [`traceparent: ${traceparent}`, "tracestate: a=1"], [traceparent, "a=1"]],
  ["is not valid: nobody goes on with it", ["traceparent: 00-a-b-01", "tracestate: a=1"], []],
  ["is told twice", [`traceparent: ${traceparent}`, `traceparent: ${traceparent}`], []],
  ["is told without its place", ["tracestate: a=1"], []],
] as const) {
  test(`the trace of the request at hand ${what}`, async (t) => {
    const made = await chain(t, {});
    assert.match(await made.way.call(cameWith(...fields), "").answer.over(), /ok/);
    const [it = {}] = made.heads;
    const [parent, state] = told;
    assert.deepEqual([it["traceparent"], it["tracestate"], it["x-request-id"]], [parent, state, "r-1"]);
  });
}

test("the client of the first leaves: the call to the last is taken back", async (t) => {
  const { way, last, log } = await chain(t, {});
  const events = new Log();
  last.answer = (_request, response) => {
    response.once("close", () => events.add("gone"));
    events.add("asked");
  };
  const call = way.call(head("GET /"), "");
  await events.until("asked");
  call.abort();
  await log.until("failed AbortError");
  await events.until("gone");
});

test("a gateway that says that a request was repeated already is not asked again, nor another", async (t) => {
  const places = [await TestingPlace.start(t, "one"), await TestingPlace.start(t, "other")];
  for (const place of places) {
    place.answer = (_request, response) =>
      void response.writeHead(502, { "x-skein-reason": "worker-reset", "x-skein-retry": "no" }).end();
  }
  const orders = client("orders", { gateways: places.map(({ address }) => address) });
  t.after(() => orders.close());
  await assert.rejects(orders.fetch("/"), /worker-reset/);
  assert.equal(
    places.reduce((sum, { asked }) => sum + asked.length, 0),
    1,
  );
});
