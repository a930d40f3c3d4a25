import { known } from "../../http1/known-fields.ts";
import type { RequestHead } from "../../http1/http1.ts";
import { budgetField, hopHeaders, type Hops, noHops, readHops, toldAttempt } from "../../protocol/hops.ts";
import { type ForwardedRequest, routeBudget } from "./prepare-request.ts";

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

/** While less of the route's time is over, workers are told all of it: so the head stays as it was written. */
const untoldShare = 0.01;

/** Of one request at this hop: until when it is waited for, how often it was repeated. Used again for the next one. */
export class HopLimits {
  /** Its client waits no longer. Infinity: the client named no time. */
  #endsAt = Infinity;
  /** Neither it nor its route waits longer for the head of an answer: after the queue, at whatever worker. */
  #dueAt = Infinity;
  /** What its client gives for the answer from the end of the body on. */
  #answerMs = Infinity;
  /** It was repeated, here or before, or would have been if that were not too much: nobody is to repeat it again. */
  spent = false;
  #attempt = 0;

  begin({ budgetMs, mostMs, attempt }: Hops, headTimeoutMs: number, now: number): void {
    this.#endsAt = now + mostMs;
    this.#answerMs = budgetMs;
    this.#dueAt = now + Math.min(headTimeoutMs, budgetMs);
    this.#attempt = attempt;
    this.spent = attempt > 0;
  }

  /** Its client goes on with it: until then that was waited for, and not the answer. */
  goesOn({ headTimeoutMs }: ForwardedRequest, now: number): void {
    this.#dueAt = now + Math.min(headTimeoutMs, this.#answerMs);
  }

  /** It came as a repetition. */
  get repetition(): boolean {
    return this.#attempt > 0;
  }

  /** The client's time is over. */
  passed(now: number): boolean {
    return now >= this.#endsAt;
  }

  /** From then on nobody waits for the head of an answer. */
  get until(): number {
    return Math.min(this.#endsAt, this.#dueAt);
  }

  /** Since `sentAt` a worker had at least half of the route's time: that it has not answered speaks against it. */
  gaveTimeSince(sentAt: number, { headTimeoutMs }: ForwardedRequest): boolean {
    return this.#dueAt - sentAt >= headTimeoutMs / 2;
  }

  /** The head with what the next hop is to know. The usual one says it already. `whole`: nothing of the request is to come. */
  headFor(forwarded: ForwardedRequest, retries: number, now: number, whole: boolean): string {
    const { head, headTimeoutMs, hasBody } = forwarded;
    const attempt = this.#attempt + retries;
    const mostMs = this.#endsAt - now;
    const leftMs = whole ? this.until - now : Math.min(mostMs, this.#answerMs, headTimeoutMs);
    const isTold = leftMs > headTimeoutMs * (1 - untoldShare) && this.#endsAt === Infinity;
    // The usual one of a request with a body says that this is still to come.
    const isApt = isTold && !(whole && hasBody);
    if (isApt && attempt === 0) return head;
    let text = head.slice(0, -2);
    const line = budgetLine(budgetField(leftMs, whole ? undefined : mostMs));
    if (this.#endsAt !== Infinity) text += line;
    else if (!isApt)
      text = text.replace(`\r\n${budgetLine(routeBudget(headTimeoutMs, hasBody))}`, `\r\n${line}`);
    if (attempt > 0) text += `${hopHeaders.attempt}: ${toldAttempt(attempt)}\r\n`;
    return `${text}\r\n`;
  }
}

function budgetLine(budget: string): string {
  return `${hopHeaders.budget}: ${budget}\r\n`;
}
