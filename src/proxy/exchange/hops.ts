import { known } from "../../http1/known-fields.ts";
import type { RequestHead } from "../../http1/http1.ts";
import { hopHeaders, type Hops, noHops, readHops, toldAttempt, toldBudget } from "../../protocol/hops.ts";
import type { ForwardedRequest } from "./prepare-request.ts";

/** What a request was given by the hops before. Nearly none was given anything, which costs three bits. */
export function hopsOf(head: RequestHead): Hops {
  if (!head.has(known.skeinBudget) && !head.has(known.skeinAttempt) && !head.has(known.grpcTimeout)) {
    return noHops;
  }
  return readHops(
    head.header(hopHeaders.budget),
    head.header(hopHeaders.attempt),
    head.header("grpc-timeout"),
  );
}

/** Of one request at this hop: until when its client waits, how often it was repeated. Used again for the next one. */
export class HopLimits {
  /** Infinity: the client named no time. */
  endsAt = Infinity;
  /** It was repeated, here or before, or would have been if that were not too much: nobody is to repeat it again. */
  spent = false;
  #attempt = 0;

  begin({ budgetMs, attempt }: Hops, now: number): void {
    this.endsAt = now + budgetMs;
    this.#attempt = attempt;
    this.spent = attempt > 0;
  }

  /** It came as a repetition. */
  get repetition(): boolean {
    return this.#attempt > 0;
  }

  passed(now: number): boolean {
    return now >= this.endsAt;
  }

  /** `dueAt`, unless the client's time is over before. */
  within(dueAt: number): number {
    return Math.min(dueAt, this.endsAt);
  }

  /** The head with what the next hop is to know. The usual one says it already. */
  headFor({ head, headTimeoutMs }: ForwardedRequest, retries: number, now: number): string {
    const attempt = this.#attempt + retries;
    const told = this.endsAt === Infinity;
    if (told && attempt === 0) return head;
    let text = head.slice(0, -2);
    if (!told) {
      text += `${hopHeaders.budget}: ${toldBudget(Math.min(this.endsAt - now, headTimeoutMs))}\r\n`;
    }
    if (attempt > 0) text += `${hopHeaders.attempt}: ${toldAttempt(attempt)}\r\n`;
    return `${text}\r\n`;
  }
}
