import { rewritePath } from "../../core/routing/forwarding.ts";
import { decideTrace } from "../../core/traces/decide.ts";
import { spansOf } from "../../core/traces/request-spans.ts";
import { readTraceparent, type TraceContext, traceFlags } from "../../core/traces/trace-context.ts";
import { readTracestate } from "../../core/traces/trace-state.ts";
import type { Origin, RequestHead } from "../../http1/http1.ts";
import { known } from "../../http1/known-fields.ts";
import type { TraceSettings } from "../../protocol/configuration.ts";
import { otlpSpan } from "../../protocol/otlp.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import type { PastTry, Trail } from "../exchange/trail.ts";
import type { OwnRecord } from "../reports/request-record.ts";
import { RequestTrace } from "./request-trace.ts";
import { randomId } from "./span-ids.ts";

/** Takes spans without making anybody wait. */
export interface SpanSink {
  /** Whether there is room for those of one request more; false counts as one that is dropped. */
  takes(): boolean;
  add(spans: readonly string[]): void;
}

/** What has a part in traces when they are on: decides of each request whether it is recorded, and makes its spans. */
export class Tracer {
  readonly #settings: TraceSettings;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #sink: SpanSink;

  constructor(settings: TraceSettings, random: Random, clock: Clock, sink: SpanSink) {
    this.#settings = settings;
    this.#random = random;
    this.#clock = clock;
    this.#sink = sink;
  }

  /** Undefined: what came, if anything, is passed on as it came. */
  begin(head: RequestHead, { trusted, protocol }: Origin): RequestTrace | undefined {
    // A question to the gateway itself, asked every second by whoever watches it.
    if (head.maxForwards === 0) return undefined;
    const decision = decideTrace(cameWith(head), trusted, this.#settings, this.#random);
    if (decision.kind === "pass") return undefined;
    const how = { secure: protocol === "https", minor: head.minor };
    if (decision.kind === "follow") {
      const state = head.has(known.tracestate) ? readTracestate(head.headers("tracestate")) : "";
      const { traceId, parentId, flags } = decision.context;
      return new RequestTrace({ traceId, parentId, flags, state, recorded: true, ...how }, this.#random);
    }
    const { recorded } = decision;
    const flags = traceFlags.random | (recorded ? traceFlags.sampled : 0);
    const traceId = randomId(32, this.#random);
    return new RequestTrace({ traceId, parentId: "", flags, state: "", recorded, ...how }, this.#random);
  }

  /** The request is over, and is recorded. */
  finish(record: OwnRecord, trail: Trail, tries: readonly PastTry[], now: number): void {
    const { trace } = trail;
    if (trace === undefined || !this.#sink.takes()) return;
    const { start, spanId } = trace;
    const spans = spansOf(
      {
        record,
        spanId,
        parentId: start.parentId,
        secure: start.secure,
        minor: start.minor,
        forwardedPath: forwardedPath(record, trail),
        tries,
        waits: trail.waitsUntil(now),
      },
      () => trace.newSpanId(),
    );
    const startedAtMs = Date.parse(this.#clock.wallTime()) - record.tookMs;
    const shared = { traceId: start.traceId, traceState: start.state, flags: start.flags, startedAtMs };
    this.#sink.add(spans.map((span) => otlpSpan(span, shared)));
  }
}

/** The trace that a request came with, if that is told validly, and once. */
export function cameWith(head: RequestHead): TraceContext | undefined {
  if (!head.has(known.traceparent)) return undefined;
  const [text = "", ...more] = head.headers("traceparent");
  return more.length > 0 ? undefined : readTraceparent(text);
}

/** The one that the request is a part of, with traces or without. */
export function traceIdOf({ trace, head }: Trail): string | undefined {
  if (trace !== undefined) return trace.start.traceId;
  return head === undefined ? undefined : cameWith(head)?.traceId;
}

function forwardedPath({ path, route: name }: OwnRecord, { rules }: Trail): string {
  const route = name === undefined ? undefined : rules.routes.routes.find((one) => one.name === name);
  return route?.rewrite === undefined ? path : rewritePath(route, path);
}
