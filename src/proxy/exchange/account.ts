import { noRequestId, type RequestHead, type RequestId } from "../../http1/http1.ts";
import type { Pick } from "../reports/access-log.ts";
import type { Engine } from "../engine.ts";
import type { AnswerCounters, ServiceCounters } from "../reports/statistics.ts";

const statusClientGone = 499;
const nothingPicked: readonly Pick[] = [];

/** What is recorded of one exchange: its share of the counters, and its line in the access log. */
export class Account {
  requestId: RequestId = noRequestId;
  method = "";
  path = "";
  host = "";
  route: string | undefined;
  service: string | undefined;
  worker: string | undefined;
  /** Every worker it was sent to, and when; only kept for the access log. */
  picks: readonly Pick[] = nothingPicked;
  retries = 0;
  bytesIn = 0;
  bytesOut = 0;
  startedAt = 0;
  #counters: ServiceCounters | undefined;
  #ofRoute: AnswerCounters | undefined;
  #status = 0;
  #reason: string | undefined;

  begin(head: RequestHead, requestId: RequestId, now: number): void {
    this.requestId = requestId;
    this.method = head.method;
    this.path = head.path;
    this.host = head.host;
    this.route = undefined;
    this.service = undefined;
    this.worker = undefined;
    this.picks = nothingPicked;
    this.retries = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.startedAt = now;
    this.#counters = undefined;
    this.#ofRoute = undefined;
    this.#status = 0;
    this.#reason = undefined;
  }

  /** It is known where the request is to go. */
  routed(
    route: string,
    service: string,
    counters: ServiceCounters,
    ofRoute: AnswerCounters | undefined,
  ): void {
    this.route = route;
    this.service = service;
    this.#counters = counters;
    this.#ofRoute = ofRoute;
    counters.requests += 1;
    counters.inFlight += 1;
  }

  /** A worker was chosen for it. */
  picked(worker: string, engine: Engine, now: number): void {
    this.worker = worker;
    if (engine.accessLog.on) this.picks = [...this.picks, { worker, at: now }];
  }

  /** The answer's head goes to the client. `reason`: of an answer that the gateway makes itself. */
  answered(status: number, now: number, reason?: string): void {
    this.#status = status;
    this.#reason = reason;
    this.#counters?.answered(status, now - this.startedAt);
    this.#ofRoute?.answered(status, now - this.startedAt);
  }

  /** The exchange is over, in whatever way. */
  close(engine: Engine, client: string): void {
    const counters = this.#counters;
    if (counters) {
      counters.inFlight -= 1;
      counters.bytesIn += this.bytesIn;
      counters.bytesOut += this.bytesOut;
    }
    if (engine.accessLog.on) this.#log(engine, client);
    // Slices of the head: an idle connection keeps none.
    this.requestId = noRequestId;
    this.method = "";
    this.path = "";
  }

  #log(engine: Engine, client: string): void {
    engine.accessLog.write({
      requestId: this.requestId,
      client,
      method: this.method,
      host: this.host,
      path: this.path,
      status: this.#status === 0 ? statusClientGone : this.#status,
      reason: this.#reason,
      route: this.route,
      service: this.service,
      worker: this.worker,
      picks: this.picks,
      retries: this.retries,
      elapsedMs: Math.round((engine.clock.now() - this.startedAt) * 1000) / 1000,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
    });
  }
}
