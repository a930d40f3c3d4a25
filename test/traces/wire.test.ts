import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Span } from "../../src/core/traces/span.ts";
import { otlpEnvelope, otlpSpan } from "../../src/protocol/otlp.ts";
import { attributesOf, readWire, spansIn, type WireRequest } from "./otlp-definition.ts";

const span: Span = {
  spanId: "b7ad6b7169203331",
  parentId: "00f067aa0ba902b7",
  fromAfar: true,
  name: "GET /",
  kind: "server",
  startMs: 0,
  endMs: 1.5,
  attributes: {
    text: 'a"\u0000\u00e9\ud83d\ude00',
    count: 7,
    share: 0.5,
    yes: true,
    most: Number.MAX_SAFE_INTEGER,
  },
  events: [{ name: "answer began", atMs: 1.25 }],
  failed: true,
};
const shared = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  traceState: "vendor=1",
  flags: 3,
  startedAtMs: 1_790_000_000_000,
};

function sent(...spans: Span[]): WireRequest {
  const { before, after } = otlpEnvelope({ "service.name": 'a "shop" @', "host.count": 2 });
  return readWire(`${before}${spans.map((one) => otlpSpan(one, shared)).join(",")}${after}`);
}

test("what is sent is what the protocol's definition reads", () => {
  const told = sent(span, {
    ...span,
    parentId: "",
    fromAfar: false,
    kind: "client",
    failed: false,
    events: [],
  });
  const [first, second] = spansIn(told);
  assert.deepEqual(attributesOf(told.resourceSpans[0]!.resource), {
    "service.name": 'a "shop" @',
    "host.count": "2",
  });
  assert.deepEqual(
    { ...first, attributes: attributesOf(first!) },
    {
      traceId: shared.traceId,
      spanId: span.spanId,
      traceState: "vendor=1",
      parentSpanId: span.parentId,
      flags: 0x303,
      name: "GET /",
      kind: 2,
      startTimeUnixNano: "1790000000000000000",
      endTimeUnixNano: "1790000000001500000",
      attributes: { ...span.attributes, count: "7", most: String(Number.MAX_SAFE_INTEGER) },
      events: [{ timeUnixNano: "1790000000001250000", name: "answer began" }],
      status: { code: 2 },
    },
  );
  assert.deepEqual(
    [second?.parentSpanId, second?.flags, second?.kind, second?.status],
    [undefined, 0x103, 3, {}],
  );
});

test("times keep their order to the nanosecond that is written", () => {
  const ms = fc.double({ min: 0, max: 100_000, noNaN: true });
  fc.assert(
    fc.property(ms, ms, (one, other) => {
      const [startMs, endMs] = one < other ? [one, other] : [other, one];
      const [told] = spansIn(sent({ ...span, startMs, endMs, events: [] }));
      assert.ok(BigInt(told!.startTimeUnixNano) <= BigInt(told!.endTimeUnixNano));
      const exact = BigInt(shared.startedAtMs) * 1_000_000n + BigInt(Math.round(startMs * 1_000)) * 1_000n;
      const off = BigInt(told!.startTimeUnixNano) - exact;
      assert.ok(off <= 2_000n && off >= -2_000n, `${off} ns off`);
    }),
    { seed: 6 },
  );
});

test("the check is one: what has no place in the definition is found", () => {
  const wrong: [what: string, change: (text: string) => string][] = [
    ["a name that is not known", (text) => text.replace('"kind"', '"sort"')],
    ["a word for a number", (text) => text.replace('"kind":2', '"kind":"server"')],
    ["a whole number as a number", (text) => text.replace('{"intValue":"7"}', '{"intValue":7}')],
    ["an id in base64", (text) => text.replace(span.spanId, "AAAAAAAAAAE=")],
    ["an id of zeros", (text) => text.replace(span.spanId, "0".repeat(16))],
    ["an id that is too short", (text) => text.replace(span.spanId, "00f067aa0ba902")],
  ];
  const { before, after } = otlpEnvelope({});
  const text = `${before}${otlpSpan(span, shared)}${after}`;
  for (const [what, change] of wrong) {
    assert.notEqual(change(text), text, what);
    assert.throws(() => readWire(change(text)), Error, what);
  }
});
