export type SpanKind = "internal" | "server" | "client";

export type Attributes = Record<string, string | number | boolean>;

/** One part of a trace. Times are milliseconds since the request's first byte. */
export interface Span {
  spanId: string;
  /** Empty: it is the trace's root. */
  parentId: string;
  /** The parent is of another process. */
  fromAfar: boolean;
  name: string;
  kind: SpanKind;
  startMs: number;
  endMs: number;
  attributes: Attributes;
  events: { name: string; atMs: number }[];
  failed: boolean;
}
