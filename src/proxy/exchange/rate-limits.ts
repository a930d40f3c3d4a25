import { RateTable } from "../../core/admission/rate-limit.ts";
import type { Origin, RequestHead } from "../../http1/http1.ts";
import type { RateLimit, Route } from "../../protocol/configuration.ts";
import { requestTextOf } from "./request-key.ts";

type Fields = readonly (readonly [name: string, value: string])[];

interface Limited {
  readonly route: string;
  readonly rateLimit: RateLimit | undefined;
}

/** The rate limits of a proxy's routes. Who has no key at all shares one bucket with its like. */
export class RateLimits {
  /** Proxies that clients may come to, this one included: each lets through its part. */
  sharers = 1;
  readonly #tables = new Map<string, RateTable>();

  /** A route that stays keeps its buckets, each as full as it is, whatever its limit is now. */
  configure(routes: readonly Route[], now: number): void {
    const limits = new Map(routes.map(({ name, rateLimit }) => [name, rateLimit]));
    for (const [name, table] of this.#tables) {
      const rateLimit = limits.get(name);
      if (rateLimit === undefined) this.#tables.delete(name);
      else table.goBy(rateLimit, this.sharers, now);
    }
  }

  /** Undefined: the request may go on; else what its client is told. */
  refusal({ route, rateLimit }: Limited, head: RequestHead, origin: Origin, now: number): Fields | undefined {
    if (rateLimit === undefined) return undefined;
    let table = this.#tables.get(route);
    if (table === undefined) {
      table = new RateTable();
      this.#tables.set(route, table);
    }
    const key = requestTextOf(rateLimit.key, head, origin) ?? "";
    const waitMs = table.take(key, rateLimit, this.sharers, now);
    return waitMs > 0 ? rateLimitFields(rateLimit, waitMs) : undefined;
  }
}

/** What a client is told: Retry-After, and the fields of draft-ietf-httpapi-ratelimit-headers-10. */
function rateLimitFields({ requests, perMs }: RateLimit, waitMs: number): Fields {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return [
    ["Retry-After", String(seconds)],
    ["RateLimit-Policy", `"route";q=${requests};w=${Math.max(1, Math.round(perMs / 1_000))}`],
    ["RateLimit", `"route";r=0;t=${seconds}`],
  ];
}
