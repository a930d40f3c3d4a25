import { RateTable } from "../../core/admission/rate-limit.ts";
import type { Origin, RequestHead } from "../../http1/http1.ts";
import type { RateLimit, Route } from "../../protocol/configuration.ts";
import { requestTextOf } from "./request-key.ts";

type Fields = readonly (readonly [name: string, value: string])[];

/** The rate limits of a proxy's routes. Who has no key at all shares one bucket with its like. */
export class RateLimits {
  /** Proxies that clients may come to, this one included: each lets through its part. */
  sharers = 1;
  readonly #tables = new Map<string, RateTable>();

  /** A route that stays keeps its buckets, whatever its limit is now. */
  configure(routes: readonly Route[]): void {
    const limited = new Set(
      routes.filter(({ rateLimit }) => rateLimit !== undefined).map(({ name }) => name),
    );
    for (const name of this.#tables.keys()) if (!limited.has(name)) this.#tables.delete(name);
  }

  /** 0: the request may go on; else the milliseconds until it might. */
  take(route: string, limit: RateLimit, head: RequestHead, origin: Origin, now: number): number {
    let table = this.#tables.get(route);
    if (table === undefined) {
      table = new RateTable();
      this.#tables.set(route, table);
    }
    return table.take(requestTextOf(limit.key, head, origin) ?? "", limit, this.sharers, now);
  }
}

/** What a client is told: Retry-After, and the fields of draft-ietf-httpapi-ratelimit-headers-10. */
export function rateLimitFields({ requests, perMs }: RateLimit, waitMs: number): Fields {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return [
    ["Retry-After", String(seconds)],
    ["RateLimit-Policy", `"route";q=${requests};w=${Math.max(1, Math.round(perMs / 1_000))}`],
    ["RateLimit", `"route";r=0;t=${seconds}`],
  ];
}
