import { isDeepStrictEqual } from "node:util";
import type { TraceSettings } from "../../protocol/configuration.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Random } from "../../runtime/random.ts";
import type { TraceCounters } from "../reports/statistics.ts";
import { SpanExporter } from "./exporter.ts";
import { SpanPost } from "./post-spans.ts";
import { Tracer } from "./tracer.ts";

export interface TracingParts {
  clock: Clock;
  random: Random;
  logger: Logger;
  counters: TraceCounters;
  /** Which proxy the spans come from. */
  resource: Record<string, string>;
}

/** The traces of one proxy, as its configuration says: off, on, or on in another way. */
export class Tracing {
  /** Unset: off. */
  tracer: Tracer | undefined;
  readonly #parts: TracingParts;
  #settings: TraceSettings | undefined;
  #exporter: SpanExporter | undefined;
  #post: SpanPost | undefined;

  constructor(parts: TracingParts) {
    this.#parts = parts;
  }

  /** Spans that wait to be sent. */
  get queued(): number {
    return this.#exporter?.queued ?? 0;
  }

  configure(settings: TraceSettings | undefined): void {
    if (isDeepStrictEqual(settings, this.#settings)) return;
    void this.close(this.#settings?.timeoutMs ?? 0);
    this.#settings = settings;
    if (settings === undefined) return;
    const { clock, random, resource } = this.#parts;
    const post = new SpanPost(settings, clock);
    this.#post = post;
    this.#exporter = new SpanExporter(settings, resource, {
      ...this.#parts,
      post: (body) => post.post(body),
    });
    this.tracer = new Tracer(settings, random, clock, this.#exporter);
  }

  /** Requests are recorded no more; what there is is sent, within a time. */
  async close(withinMs: number): Promise<void> {
    const exporter = this.#exporter;
    const post = this.#post;
    this.tracer = undefined;
    this.#exporter = undefined;
    this.#post = undefined;
    this.#settings = undefined;
    await exporter?.close(withinMs);
    post?.close();
  }
}
