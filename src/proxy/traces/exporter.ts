import { afterReply, type CollectorReply } from "../../core/traces/delivery.ts";
import type { TraceSettings } from "../../protocol/configuration.ts";
import { otlpEnvelope } from "../../protocol/otlp.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Random } from "../../runtime/random.ts";
import type { TraceCounters } from "../reports/statistics.ts";
import type { SpanSink } from "./tracer.ts";

export interface ExporterParts {
  clock: Clock;
  random: Random;
  logger: Logger;
  counters: TraceCounters;
  post(body: string): Promise<CollectorReply>;
}

/**
 * Brings spans to the collector, batch after batch; nobody waits for it. What does not fit into the queue is dropped and
 * counted.
 *
 *   idle --a batch is full, or its time has come--> sending --taken, or given up--> idle
 *                                                    ^   |
 *                                          its time  |   v  not now
 *                                                   waiting
 *
 * Invariant: one batch is under way at a time, so that a collector that is slow gets no more of it.
 */
export class SpanExporter implements SpanSink {
  readonly #settings: TraceSettings;
  readonly #parts: ExporterParts;
  readonly #envelope: { before: string; after: string };
  readonly #tick: Timer;
  #queue: string[] = [];
  /** Under way. */
  #batch: string[] = [];
  #offers = 0;
  #retry: Timer | undefined;
  #failing = false;
  #rejecting = false;
  #closing: { done: () => void; timer: Timer } | undefined;
  #closed = false;

  constructor(settings: TraceSettings, resource: Record<string, string>, parts: ExporterParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#envelope = otlpEnvelope({ ...settings.resource, ...resource });
    this.#tick = parts.clock.every(settings.everyMs, () => this.#next());
  }

  /** Those under way are not counted: they are bounded by themselves. */
  get queued(): number {
    return this.#queue.length;
  }

  takes(): boolean {
    if (!this.#closed && this.#queue.length < this.#settings.queueMax) return true;
    this.#parts.counters.dropped += 1;
    return false;
  }

  add(spans: readonly string[]): void {
    this.#queue.push(...spans);
    if (this.#queue.length >= this.#settings.batchMax) this.#next();
  }

  /** Takes nothing more, and sends what there is: within a time, and each batch once. */
  close(withinMs: number): Promise<void> {
    this.#tick.cancel();
    this.#closed = true;
    return new Promise((done) => {
      this.#closing = { done, timer: this.#parts.clock.after(withinMs, () => this.#end()) };
      if (this.#retry !== undefined) this.#send();
      else this.#next();
    });
  }

  #next(): void {
    if (this.#batch.length > 0) return;
    if (this.#queue.length === 0) return this.#end();
    this.#batch = this.#queue.splice(0, this.#settings.batchMax);
    this.#offers = 0;
    this.#send();
  }

  #send(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#offers += 1;
    const { before, after } = this.#envelope;
    this.#parts.post(`${before}${this.#batch.join(",")}${after}`).then(
      (reply) => this.#replied(reply),
      (error: unknown) => this.#replied({ kind: "lost", reason: String(error) }),
    );
  }

  #replied(reply: CollectorReply): void {
    const { clock, counters, random } = this.#parts;
    // The time for the end is over: they were counted as lost.
    if (this.#batch.length === 0) return;
    const step = afterReply(reply, this.#offers, random());
    this.#tell(reply, step.kind === "delivered");
    if (step.kind === "again" && this.#closing === undefined) {
      counters.retried += 1;
      this.#retry = clock.after(step.afterMs, () => this.#send());
      return;
    }
    const rejected = reply.kind === "answered" ? Math.min(reply.rejected, this.#batch.length) : 0;
    if (step.kind === "delivered") {
      counters.delivered += this.#batch.length - rejected;
      counters.rejected += rejected;
    } else {
      counters.lost += this.#batch.length;
    }
    this.#batch = [];
    if (this.#closing !== undefined || this.#queue.length >= this.#settings.batchMax) this.#next();
  }

  /** Of a closing one: nothing is left, or its time is over. */
  #end(): void {
    if (this.#closing === undefined) return;
    this.#parts.counters.lost += this.#queue.length + this.#batch.length;
    this.#queue = [];
    this.#batch = [];
    const { done, timer } = this.#closing;
    this.#closing = undefined;
    timer.cancel();
    done();
  }

  /** Once when it begins to fail, and once when it is over. */
  #tell(reply: CollectorReply, taken: boolean): void {
    const { logger } = this.#parts;
    const { endpoint } = this.#settings;
    if (taken && reply.kind === "answered") {
      const { rejected, message } = reply;
      if (rejected > 0 && !this.#rejecting)
        logger.warn({ endpoint, rejected, message }, "the collector does not take some spans");
      this.#rejecting = rejected > 0;
    }
    if (taken === !this.#failing) return;
    this.#failing = !taken;
    if (taken) return logger.info({ endpoint }, "the collector takes spans again");
    const why = reply.kind === "lost" ? { reason: reply.reason } : { status: reply.status };
    logger.warn({ endpoint, ...why }, "the collector does not take spans");
  }
}
