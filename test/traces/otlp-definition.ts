import assert from "node:assert/strict";
import { createRequire } from "node:module";

/** A message of the definitions that OpenTelemetry generates from its .proto files, and encodes and decodes by. */
interface Definition {
  verify(message: object): string | null;
  fromObject(message: object): object;
  toObject(message: object, options: { longs: unknown; bytes: unknown }): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

interface Definitions {
  opentelemetry: { proto: { collector: { trace: { v1: Record<string, Definition> } } } };
}

const { opentelemetry } = createRequire(import.meta.url)(
  "@opentelemetry/otlp-transformer/build/src/generated/root.js",
) as Definitions;
const request = opentelemetry.proto.collector.trace.v1["ExportTraceServiceRequest"];
assert.ok(request !== undefined);

export interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  events?: { timeUnixNano: string; name: string }[];
  status: { code?: number };
}

export interface WireRequest {
  resourceSpans: {
    resource: { attributes: WireSpan["attributes"] };
    scopeSpans: { scope: { name: string }; spans: WireSpan[] }[];
  }[];
}

const idDigits: Record<string, number> = { traceId: 32, spanId: 16, parentSpanId: 16 };

/** Ids are hexadecimal in OTLP's JSON, and base64 in that of every other protocol of this kind. */
function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBytes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const digits = idDigits[key];
      if (digits === undefined) return [key, withBytes(inner)];
      assert.match(String(inner), new RegExp(`^[0-9a-f]{${digits}}$`), key);
      assert.doesNotMatch(String(inner), /^0+$/, key);
      return [key, Buffer.from(String(inner), "hex").toString("base64")];
    }),
  );
}

/**
 * What a collector reads of a body in JSON: it is made into the message of the definition, into its bytes and back. Whatever
 * has no place in the definition, or another type, is lost on the way or complained of, and so is not the same afterwards.
 */
export function readWire(body: string): WireRequest {
  const told = JSON.parse(body) as WireRequest;
  const plain = withBytes(told) as object;
  assert.ok(request !== undefined);
  const message = request.fromObject(plain);
  assert.equal(request.verify(message), null);
  const back = request.decode(request.encode(message).finish());
  assert.deepEqual(request.toObject(back, { longs: String, bytes: String }), plain);
  return told;
}

export function spansIn({ resourceSpans }: WireRequest): WireSpan[] {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

export function attributesOf({
  attributes,
}: {
  attributes: WireSpan["attributes"];
}): Record<string, unknown> {
  assert.equal(new Set(attributes.map(({ key }) => key)).size, attributes.length, "a key stands twice");
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
