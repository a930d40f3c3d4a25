import assert from "node:assert/strict";
import { it } from "node:test";
import * as fc from "fast-check";
import type { KnownField } from "./known-fields.ts";
import { known, knownField } from "./known-fields.ts";

function kindOf(name: string): KnownField {
  return knownField(Buffer.from(`x${name}:`, "latin1"), 1, name.length + 1);
}

it("finds a known field in any case", () => {
  assert.equal(kindOf("Host"), known.host);
  assert.equal(kindOf("TRANSFER-ENCODING"), known.transferEncoding);
  assert.equal(kindOf("http2-Settings"), known.http2Settings);
  assert.equal(kindOf("X-Forwarded-For"), known.xForwardedFor);
  assert.equal(kindOf("x-forwarded-client-cert"), known.xForwardedOther);
  assert.equal(kindOf("X-Real-IP"), known.xRealIp);
  assert.equal(kindOf("TraceParent"), known.traceparent);
  assert.equal(kindOf("tracestate"), known.tracestate);
});

it("calls underscore spellings what they are", () => {
  for (const name of [
    "Content_Length",
    "x_forwarded-for",
    "X-Forwarded_For",
    "X_FORWARDED_ANY",
    "x-forwarded-a_b",
  ]) {
    assert.equal(kindOf(name), known.disguised, name);
  }
});

it("finds no known field in another name", () => {
  for (const name of [
    "Hosts",
    "Hos",
    "Hoat",
    "Dave",
    "x-forwarded",
    "accept",
    "content-type",
    "a",
    "ho-t",
    "via_",
  ]) {
    assert.equal(kindOf(name), known.other, name);
  }
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9!#$%&'*+.^`|~]{1,25}$/), (name) => {
      fc.pre(
        !["host", "te", "via", "date", "expect", "upgrade", "trailer", "connection", "forwarded"].includes(
          name,
        ),
      );
      assert.equal(kindOf(name), known.other);
    }),
    { seed: 3 },
  );
});
