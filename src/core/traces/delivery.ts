/** What became of sending one batch of spans. */
export type CollectorReply =
  /** `retryAfterMs`: as the collector asks. `rejected`: spans that it did not take, of those that it might have. */
  | { kind: "answered"; status: number; retryAfterMs?: number; rejected: number; message: string }
  /** No answer, or none in time. */
  | { kind: "lost"; reason: string };

export type DeliveryStep =
  | { kind: "delivered" }
  /** It would never be taken, or was offered often enough. */
  | { kind: "given-up" }
  | { kind: "again"; afterMs: number };

/** Those that OTLP names: everything else would be refused again. */
const transient: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** In all, one batch is offered for about two minutes; a collector that asks for time is given it. */
export const offersMax = 8;
const firstMs = 1_000;
const backoffMsMax = 30_000;
const askedMsMax = 300_000;

/** `offers`: how often the batch was sent. `draw`: chance, from 0 to below 1; collectors that come back do not meet everybody at once. */
export function afterReply(reply: CollectorReply, offers: number, draw: number): DeliveryStep {
  if (reply.kind === "answered") {
    if (reply.status >= 200 && reply.status < 300) return { kind: "delivered" };
    if (!transient.has(reply.status)) return { kind: "given-up" };
  }
  if (offers >= offersMax) return { kind: "given-up" };
  const backoffMs = Math.min(backoffMsMax, firstMs * 2 ** (offers - 1)) * (0.75 + draw / 2);
  const askedMs = reply.kind === "answered" ? (reply.retryAfterMs ?? 0) : 0;
  return { kind: "again", afterMs: Math.max(backoffMs, Math.min(askedMs, askedMsMax)) };
}
