export interface HedgeFacts {
  /** Repeating it has the effect of sending it once. */
  readonly idempotent: boolean;
  /** It was repeated, here or by a hop before. */
  readonly repeated: boolean;
  /** The route allows retries. */
  readonly routeRetries: boolean;
  /** It asks for another protocol. */
  readonly upgrade: boolean;
  /** Within this time 95 of 100 requests to the service are answered; undefined: too little is known. */
  readonly p95Ms: number | undefined;
}

/**
 * When a request that waits for its answer is also sent to another worker; undefined: never. After the 95th percentile
 * five of a hundred are sent twice at most, and the slow ones among them are as fast as the second (Dean and Barroso,
 * The Tail at Scale, 2013). The budget of retries bounds it besides: a service that is slow as a whole is not asked
 * twice for everything.
 */
export function hedgeAfterMs(facts: HedgeFacts): number | undefined {
  if (!facts.idempotent || facts.repeated || !facts.routeRetries || facts.upgrade) return undefined;
  return facts.p95Ms;
}
