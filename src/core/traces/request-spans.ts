import { causeOf } from "../requests/cause.ts";
import type { RequestRecord, RequestTry, TryOutcome } from "../requests/record.ts";
import type { Attributes, Span } from "./span.ts";

/** One try, with what its record does not have. */
export interface TracedTry {
  told: RequestTry;
  /** As the worker was told; empty: it was told nothing. */
  spanId: string;
  host: string;
  port: number;
  secure: boolean;
}

/** What the spans of one request are made of. */
export interface TracedRequest {
  record: Omit<RequestRecord, "proxy" | "at">;
  spanId: string;
  /** Empty: the trace begins here. */
  parentId: string;
  secure: boolean;
  minor: 0 | 1;
  /** As the workers got it. */
  forwardedPath: string;
  tries: readonly TracedTry[];
  waits: readonly { fromMs: number; toMs: number }[];
}

/** Of more tries than these the last one is told, and the first ones. */
const triesMax = 32;
const methods = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
  "QUERY",
]);
/** Ends of a try that are no failure of its worker. */
const unharmed: ReadonlySet<TryOutcome> = new Set(["overtaken", "unused", "left"]);
const unconnected: ReadonlySet<TryOutcome> = new Set(["refused", "connect-timeout", "no-means", "untrusted"]);

/**
 * The spans of one request, by the semantic conventions of OpenTelemetry for HTTP where these have a word for it:
 *
 *   the request (server) --+-- queue, each wait
 *                          '-- each try (client) ----- connect, where a connection was made
 *
 * Invariant: each lies within its parent, and ends no sooner than it begins. `newId` makes ids of spans.
 */
export function spansOf(traced: TracedRequest, newId: () => string): Span[] {
  const server = serverSpan(traced);
  const within = (part: Part): Span => child(server, part, newId());
  const { tries, waits } = traced;
  const told = tries.length > triesMax ? [...tries.slice(0, triesMax - 1), ...tries.slice(-1)] : tries;
  const queue = waits.map(({ fromMs, toMs }) =>
    within({ name: "queue", startMs: fromMs, endMs: toMs, attributes: { ...serviceOf(traced) } }),
  );
  return [server, ...queue, ...told.flatMap((one) => spansOfTry(traced, server, one, newId))];
}

type Part = Pick<Span, "name" | "startMs" | "endMs" | "attributes"> & Partial<Span>;

function child(parent: Span, part: Part, spanId: string): Span {
  const clamped = (ms: number): number => Math.min(Math.max(ms, parent.startMs), parent.endMs);
  const startMs = clamped(part.startMs);
  const endMs = Math.max(startMs, clamped(part.endMs));
  const events = part.events?.map(({ name, atMs }) => ({
    name,
    atMs: Math.min(Math.max(atMs, startMs), endMs),
  }));
  return {
    parentId: parent.spanId,
    fromAfar: false,
    kind: "internal",
    failed: false,
    ...part,
    spanId,
    startMs,
    endMs,
    events: events ?? [],
  };
}

function serverSpan(traced: TracedRequest): Span {
  const { record, parentId } = traced;
  const { status, end, route, headMs, tookMs } = record;
  const fault = faultOf(record);
  return {
    spanId: traced.spanId,
    parentId,
    fromAfar: parentId !== "",
    name: route === undefined ? methodWord(record) : `${methodWord(record)} ${route}`,
    kind: "server",
    startMs: 0,
    endMs: tookMs,
    attributes: {
      ...methodOf(record),
      "url.scheme": traced.secure ? "https" : "http",
      "url.path": record.path,
      ...(record.query === "" ? {} : { "url.query": record.query.slice(1) }),
      ...(route === undefined ? {} : { "http.route": route }),
      "server.address": record.host,
      "client.address": record.client,
      "network.protocol.name": "http",
      "network.protocol.version": `1.${traced.minor}`,
      ...(end === "client-gone" && headMs === undefined ? {} : { "http.response.status_code": status }),
      "http.request.body.size": record.bytesIn,
      "http.response.body.size": record.bytesOut,
      "skein.request_id": record.id,
      "skein.end": end,
      ...serviceOf(traced),
      ...(record.code === undefined ? {} : { "skein.code": record.code }),
      ...(fault === undefined ? {} : { "error.type": fault }),
    },
    events: headMs === undefined ? [] : [{ name: "answer began", atMs: Math.min(headMs, tookMs) }],
    failed: fault !== undefined,
  };
}

/** Whose fault it is shows by the spans of the tries: here it counts whether the client was served. */
function faultOf(record: TracedRequest["record"]): string | undefined {
  const { end, status, code } = record;
  if (end === "client-gone") return undefined;
  if (end === "own") return status >= 500 ? code : undefined;
  if (end === "whole") return status >= 500 ? String(status) : undefined;
  return causeOf({ ...record, proxy: "", at: "" });
}

function spansOfTry(traced: TracedRequest, server: Span, one: TracedTry, newId: () => string): Span[] {
  const { told, host, port } = one;
  const { outcome, chosenMs, sentMs, firstByteMs, endMs } = told;
  const answered = outcome === "answered" ? traced.record.status : undefined;
  const fault = faultOfTry(outcome, answered);
  const resends = traced.tries.indexOf(one);
  const place = { "server.address": host, "server.port": port };
  const span = child(
    server,
    {
      name: methodWord(traced.record),
      kind: "client",
      startMs: chosenMs,
      endMs,
      attributes: {
        ...methodOf(traced.record),
        "url.full": `${one.secure ? "https" : "http"}://${inUrl(host)}:${port}${traced.forwardedPath}${traced.record.query}`,
        ...place,
        ...(answered === undefined ? {} : { "http.response.status_code": answered }),
        ...(resends === 0 ? {} : { "http.request.resend_count": resends }),
        ...serviceOf(traced),
        "skein.worker": told.worker,
        "skein.way": told.way,
        "skein.outcome": outcome,
        ...(told.rule === undefined ? {} : { "skein.rule": told.rule }),
        ...(fault === undefined ? {} : { "error.type": fault }),
      },
      events: [
        ...(sentMs === undefined ? [] : [{ name: "sent", atMs: sentMs }]),
        ...(firstByteMs === undefined ? [] : [{ name: "first byte", atMs: firstByteMs }]),
      ],
      failed: fault !== undefined,
    },
    one.spanId === "" ? newId() : one.spanId,
  );
  const failed = unconnected.has(outcome);
  if (told.way !== "new" || (sentMs === undefined && !failed)) return [span];
  const attributes = failed ? { ...place, "error.type": outcome } : place;
  const connect = { name: "connect", startMs: chosenMs, endMs: sentMs ?? endMs, attributes, failed };
  return [span, child(span, connect, newId())];
}

function faultOfTry(outcome: TryOutcome, status: number | undefined): string | undefined {
  if (status !== undefined) return status >= 400 ? String(status) : undefined;
  return unharmed.has(outcome) ? undefined : outcome;
}

/** Methods are many; those that nobody knows are one. */
function methodOf({ method }: TracedRequest["record"]): Attributes {
  if (methods.has(method)) return { "http.request.method": method };
  return { "http.request.method": "_OTHER", "http.request.method_original": method };
}

function methodWord({ method }: TracedRequest["record"]): string {
  return methods.has(method) ? method : "HTTP";
}

function serviceOf({ record }: TracedRequest): Attributes {
  return record.service === undefined ? {} : { "skein.service": record.service };
}

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
