import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { RequestTry, TryOutcome } from "../requests/record.ts";
import { spansOf, type TracedRequest, type TracedTry } from "./request-spans.ts";
import type { Span } from "./span.ts";

const record: TracedRequest["record"] = {
  id: "r-1",
  kept: "sampled",
  client: "127.0.0.1",
  method: "GET",
  host: "shop.example",
  path: "/orders/7",
  query: "?a=1",
  status: 200,
  end: "whole",
  route: "/orders/*",
  service: "orders",
  queuedMs: 0,
  headMs: 8,
  tookMs: 10,
  bytesIn: 0,
  bytesOut: 5,
  tries: [],
};
const one = (told: Partial<RequestTry> = {}, more: Partial<TracedTry> = {}): TracedTry => ({
  told: {
    worker: "w-1",
    way: "kept",
    chosenMs: 1,
    sentMs: 2,
    firstByteMs: 8,
    endMs: 10,
    outcome: "answered",
    ...told,
  },
  spanId: "00000000000000aa",
  host: "10.0.0.1",
  port: 8081,
  secure: false,
  ...more,
});
const traced: TracedRequest = {
  record,
  spanId: "00000000000000ff",
  parentId: "00000000000000ee",
  secure: true,
  minor: 1,
  forwardedPath: "/7",
  tries: [one()],
  waits: [],
};

function spans(changes: Partial<TracedRequest>): Span[] {
  let made = 0;
  return spansOf({ ...traced, ...changes }, () => {
    made += 1;
    return `new-${made}`;
  });
}

/** `name kind parent start-end`, as a tree is read. */
const outline = (all: Span[]): string[] =>
  all.map(({ name, kind, spanId, parentId, startMs, endMs, failed }) =>
    [name, kind, `${parentId}>${spanId}`, `${startMs}-${endMs}`, ...(failed ? ["failed"] : [])].join(" "),
  );

test("a request and its try", () => {
  const [server, client, ...rest] = spans({});
  assert.deepEqual(rest, []);
  assert.deepEqual(server, {
    spanId: "00000000000000ff",
    parentId: "00000000000000ee",
    fromAfar: true,
    name: "GET /orders/*",
    kind: "server",
    startMs: 0,
    endMs: 10,
    attributes: {
      "http.request.method": "GET",
      "url.scheme": "https",
      "url.path": "/orders/7",
      "url.query": "a=1",
      "http.route": "/orders/*",
      "server.address": "shop.example",
      "client.address": "127.0.0.1",
      "network.protocol.name": "http",
      "network.protocol.version": "1.1",
      "http.response.status_code": 200,
      "http.request.body.size": 0,
      "http.response.body.size": 5,
      "skein.request_id": "r-1",
      "skein.end": "whole",
      "skein.service": "orders",
    },
    events: [{ name: "answer began", atMs: 8 }],
    failed: false,
  });
  assert.deepEqual(client, {
    spanId: "00000000000000aa",
    parentId: "00000000000000ff",
    fromAfar: false,
    name: "GET",
    kind: "client",
    startMs: 1,
    endMs: 10,
    attributes: {
      "http.request.method": "GET",
      "url.full": "http://10.0.0.1:8081/7?a=1",
      "server.address": "10.0.0.1",
      "server.port": 8081,
      "http.response.status_code": 200,
      "skein.service": "orders",
      "skein.worker": "w-1",
      "skein.way": "kept",
      "skein.outcome": "answered",
    },
    events: [
      { name: "sent", atMs: 2 },
      { name: "first byte", atMs: 8 },
    ],
    failed: false,
  });
});

test("it waited, one worker refused, another one was connected to", () => {
  const refused = one({ way: "new", endMs: 4, outcome: "refused", rule: "never-sent" }, { spanId: "" });
  delete refused.told.sentMs;
  delete refused.told.firstByteMs;
  const all = spans({
    waits: [{ fromMs: 0, toMs: 1 }],
    tries: [refused, one({ way: "new", chosenMs: 4, sentMs: 6 }, { host: "::1" })],
  });
  assert.deepEqual(outline(all), [
    "GET /orders/* server 00000000000000ee>00000000000000ff 0-10",
    "queue internal 00000000000000ff>new-1 0-1",
    "GET client 00000000000000ff>new-2 1-4 failed",
    "connect internal new-2>new-3 1-4 failed",
    "GET client 00000000000000ff>00000000000000aa 4-10",
    "connect internal 00000000000000aa>new-4 4-6",
  ]);
  assert.equal(all[2]?.attributes["error.type"], "refused");
  assert.equal(all[2]?.attributes["skein.rule"], "never-sent");
  assert.equal(all[4]?.attributes["http.request.resend_count"], 1);
  assert.equal(all[4]?.attributes["url.full"], "http://[::1]:8081/7?a=1");
});

test("the root of a trace has no parent, and no parent from afar", () => {
  const [server] = spans({ parentId: "" });
  assert.deepEqual([server?.parentId, server?.fromAfar], ["", false]);
});

const ends: [
  what: string,
  part: Partial<TracedRequest["record"]>,
  fault: string | undefined,
  status: unknown,
][] = [
  [
    "an answer of the gateway itself: its code",
    { end: "own", status: 503, code: "no-live-worker" },
    "no-live-worker",
    503,
  ],
  ["the client's fault is no failure here", { end: "own", status: 404, code: "no-route" }, undefined, 404],
  ["a worker's 5xx", { status: 500 }, "500", 500],
  ["a worker's 4xx is no failure here", { status: 404 }, undefined, 404],
  ["cut within its body", { end: "cut" }, "reset-in-answer", 200],
  [
    "the client left before an answer: there is no status",
    { end: "client-gone", status: 499, headMs: undefined as never },
    undefined,
    undefined,
  ],
  ["the client took nothing", { end: "client-stalled" }, "client-stalled", 200],
];

for (const [what, part, fault, status] of ends) {
  test(what, () => {
    const [server] = spans({ record: { ...record, ...part } });
    assert.deepEqual(
      [server?.failed, server?.attributes["error.type"], server?.attributes["http.response.status_code"]],
      [fault !== undefined, fault, status],
    );
  });
}

test("a try whose answer is 4xx failed, as clients count", () => {
  const [, client] = spans({ record: { ...record, status: 404 } });
  assert.deepEqual([client?.failed, client?.attributes["error.type"]], [true, "404"]);
});

const unharmed: TryOutcome[] = ["overtaken", "unused", "left"];
for (const outcome of unharmed) {
  test(`a try that came to '${outcome}' did not fail`, () => {
    const [, client] = spans({ tries: [one({ outcome })] });
    assert.deepEqual([client?.failed, client?.attributes["skein.outcome"]], [false, outcome]);
  });
}

test("a method that nobody knows is told apart, not named after", () => {
  const [server, client] = spans({ record: { ...record, method: "BREW" } });
  assert.deepEqual([server?.name, client?.name], ["HTTP /orders/*", "HTTP"]);
  assert.equal(server?.attributes["http.request.method"], "_OTHER");
  assert.equal(server?.attributes["http.request.method_original"], "BREW");
});

test("of very many tries the first and the last are told", () => {
  const tries = Array.from({ length: 100 }, (_, at) => one({ worker: `w-${at}` }));
  const told = spans({ tries }).filter(({ kind }) => kind === "client");
  assert.equal(told.length, 32);
  assert.equal(told.at(-1)?.attributes["skein.worker"], "w-99");
});

test("each lies within its parent, and ends no sooner than it begins, whatever the clocks said", () => {
  const ms = fc.double({ min: 0, max: 20, noNaN: true });
  const tries = fc.array(
    fc
      .record({ chosenMs: ms, sentMs: ms, firstByteMs: ms, endMs: ms })
      .map((told) => one({ way: "new", ...told }, { spanId: "" })),
    { maxLength: 5 },
  );
  const waits = fc.array(fc.record({ fromMs: ms, toMs: ms }), { maxLength: 3 });
  fc.assert(
    fc.property(tries, waits, ms, (someTries, someWaits, tookMs) => {
      const all = spans({ record: { ...record, tookMs }, tries: someTries, waits: someWaits });
      const byId = new Map(all.map((span) => [span.spanId, span]));
      assert.equal(byId.size, all.length);
      for (const { parentId, startMs, endMs, events } of all) {
        assert.ok(startMs <= endMs);
        for (const { atMs } of events) assert.ok(atMs >= startMs && atMs <= endMs);
        const parent = byId.get(parentId);
        if (parent === undefined) continue;
        assert.ok(startMs >= parent.startMs && endMs <= parent.endMs);
      }
      assert.equal(all.filter(({ parentId }) => !byId.has(parentId)).length, 1);
    }),
    { seed: 6 },
  );
});
