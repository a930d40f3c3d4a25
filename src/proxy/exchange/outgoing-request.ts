import { noHops } from "../../protocol/hops.ts";
import type { RequestTrace } from "../traces/request-trace.ts";
import type { Account } from "./account.ts";
import type { Attempt } from "./attempt.ts";
import { HeldBody } from "./held-body.ts";
import { HopLimits } from "./hops.ts";
import { type ForwardedRequest, nothingToForward } from "./prepare-request.ts";
import type { WorkerSide } from "./sides.ts";

/** A request as it goes to workers, to one after the other if need be. One object serves many requests in turn. */
export class OutgoingRequest {
  forwarded: ForwardedRequest = nothingToForward;
  readonly hops = new HopLimits();
  /** Of its body, until it is certain that it will not be sent (again) from its beginning. */
  readonly held = new HeldBody();
  trailers = "";
  /** Unset: the trace context goes on as it came. */
  trace: RequestTrace | undefined;

  begin(now: number, trace: RequestTrace | undefined): void {
    this.trace = trace;
    this.forwarded = nothingToForward;
    this.hops.begin(noHops, Infinity, now);
    this.held.begin();
    this.trailers = "";
  }

  /** Where it goes is known. */
  routed(forwarded: ForwardedRequest, now: number): void {
    this.forwarded = forwarded;
    this.hops.begin(forwarded.hops, forwarded.headTimeoutMs, now);
  }

  /** `sent`: what does not fit is with a worker already. */
  take(bytes: Buffer, from: number, to: number, bytesMax: number, sent: boolean): void {
    if (this.held.gone) return;
    const fits = this.held.add(bytes, from, to, bytesMax);
    if (!fits && sent) this.held.drop();
  }

  /** All that there is of it. `whole`: nothing is to come. */
  write(attempt: Attempt, side: WorkerSide, { method, retries }: Account, now: number, whole: boolean): void {
    let head = this.hops.headFor(this.forwarded, retries, now, whole);
    if (this.trace !== undefined) {
      attempt.spanId = this.trace.newSpanId();
      head = this.trace.headFor(head, attempt.spanId);
    }
    side.requestHead(head, method, this.forwarded.chunked);
    for (const chunk of this.held.chunks) side.requestData(chunk, 0, chunk.length);
  }

  end(): void {
    this.held.drop();
    this.forwarded = nothingToForward;
    this.trace = undefined;
  }
}
