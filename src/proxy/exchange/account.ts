import { noRequestId, type RequestHead, type RequestId } from "../../http1/http1.ts";
import { type AnswerCounters, latencyBucket, type ServiceCounters } from "../reports/statistics.ts";

const statusClientGone = 499;

/** What is counted of one exchange, and what its line in the access log and its record begin with. */
export class Account {
  requestId: RequestId = noRequestId;
  method = "";
  path = "";
  host = "";
  route: string | undefined;
  service: string | undefined;
  subset: string | undefined;
  worker: string | undefined;
  retries = 0;
  bytesIn = 0;
  bytesOut = 0;
  startedAt = 0;
  /** The head of the answer went to the client; -1: not yet. */
  answeredAt = -1;
  /** Code of the answer that the gateway made itself, or for what it cut a worker's. */
  reason: string | undefined;
  #counters: ServiceCounters | undefined;
  #ofRoute: AnswerCounters | undefined;
  #status = 0;

  begin(head: RequestHead, requestId: RequestId, now: number): void {
    this.requestId = requestId;
    this.method = head.method;
    this.path = head.path;
    this.host = head.host;
    this.route = undefined;
    this.service = undefined;
    this.subset = undefined;
    this.worker = undefined;
    this.retries = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.startedAt = now;
    this.answeredAt = -1;
    this.reason = undefined;
    this.#counters = undefined;
    this.#ofRoute = undefined;
    this.#status = 0;
  }

  /** It is known where the request is to go. */
  routed(
    { route, service, subset }: { route: string; service: string; subset: string | undefined },
    counters: ServiceCounters,
    ofRoute: AnswerCounters | undefined,
  ): void {
    this.route = route;
    this.service = service;
    this.subset = subset;
    this.#counters = counters;
    this.#ofRoute = ofRoute;
    counters.requests += 1;
    counters.inFlight += 1;
  }

  /** A worker was chosen for it. */
  picked(worker: string): void {
    this.worker = worker;
  }

  /** 499: the client was gone before an answer. */
  get status(): number {
    return this.#status === 0 ? statusClientGone : this.#status;
  }

  /** The answer's head goes to the client. `reason`: of an answer that the gateway makes itself. */
  answered(status: number, now: number, reason?: string): void {
    this.#status = status;
    this.reason = reason;
    this.answeredAt = now;
    const elapsedMs = now - this.startedAt;
    const bucket = latencyBucket(elapsedMs);
    this.#counters?.answered(status, elapsedMs, bucket);
    this.#ofRoute?.answered(status, elapsedMs, bucket);
  }

  /** The exchange is over, in whatever way. */
  close(): void {
    const counters = this.#counters;
    if (counters) {
      counters.inFlight -= 1;
      counters.bytesIn += this.bytesIn;
      counters.bytesOut += this.bytesOut;
    }
    // Slices of the head: an idle connection keeps none.
    this.requestId = noRequestId;
    this.method = "";
    this.path = "";
  }
}
