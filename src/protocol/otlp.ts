import type { Attributes, Span, SpanKind } from "../core/traces/span.ts";

/**
 * Spans as the OpenTelemetry protocol (OTLP 1.x) has them in JSON: ids in hexadecimal, enumerations as numbers, whole numbers
 * of 64 bits as texts.
 */

/** What all spans of one request share. */
export interface OtlpTrace {
  traceId: string;
  traceState: string;
  /** Of the trace context. */
  flags: number;
  /** When the request's first byte came, in milliseconds since 1970. */
  startedAtMs: number;
}

const kinds: Record<SpanKind, number> = { internal: 1, server: 2, client: 3 };
const statusError = 2;
/** Bits of `Span.flags`: it is known whether the parent is of another process, and it is. */
const parentKnown = 0x1_00;
const parentAfar = 0x2_00;

/** One span as JSON. What is exported is put together of such texts, each made once. */
export function otlpSpan(span: Span, { traceId, traceState, flags, startedAtMs }: OtlpTrace): string {
  return JSON.stringify({
    traceId,
    spanId: span.spanId,
    ...(traceState === "" ? {} : { traceState }),
    ...(span.parentId === "" ? {} : { parentSpanId: span.parentId }),
    flags: flags | parentKnown | (span.fromAfar ? parentAfar : 0),
    name: span.name,
    kind: kinds[span.kind],
    startTimeUnixNano: nanoseconds(startedAtMs + span.startMs),
    endTimeUnixNano: nanoseconds(startedAtMs + span.endMs),
    attributes: keyValues(span.attributes),
    ...(span.events.length === 0
      ? {}
      : { events: span.events.map((event) => otlpEvent(event, startedAtMs)) }),
    status: span.failed ? { code: statusError } : {},
  });
}

function otlpEvent({ name, atMs }: Span["events"][number], startedAtMs: number): object {
  return { timeUnixNano: nanoseconds(startedAtMs + atMs), name };
}

/** The body of an `ExportTraceServiceRequest`, before and after the spans: `[before, spans.join(","), after].join("")`. */
export function otlpEnvelope(resource: Attributes): { before: string; after: string } {
  const marker = "@";
  const text = JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: "skein" }, spans: [marker] }],
      },
    ],
  });
  const at = text.lastIndexOf(`"${marker}"`);
  return { before: text.slice(0, at), after: text.slice(at + marker.length + 2) };
}

/** Attributes as a list, sorted as they were written. */
function keyValues(attributes: Attributes): { key: string; value: object }[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** To a microsecond: more a number that holds milliseconds since 1970 does not have. Never falls where `ms` does not. */
function nanoseconds(ms: number): string {
  const microseconds = Math.round((ms % 1) * 1_000);
  const whole = Math.floor(ms) + (microseconds === 1_000 ? 1 : 0);
  return `${whole}${String(microseconds % 1_000).padStart(3, "0")}000`;
}
