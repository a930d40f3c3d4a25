import { systemClock } from "../../runtime/clock.ts";
import type { Chain } from "./chain.ts";
import { inTurn, requestsOf } from "./load.ts";

export interface Hedging {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests that reached the workers for each that a client sent. */
  readonly factor: number;
}

/** One request of fifty takes a quarter of a second, whichever worker has it. */
const slow = { every: 50, ms: 250 };

/** How long requests take at a service that is slow now and then. */
export async function nowAndThenSlow(
  chain: Chain,
  load: { requests: number; perSecond: number },
): Promise<Hedging> {
  // The proxies learn how quick the service usually is.
  await inTurn(load.perSecond, load.perSecond, async () => void (await chain.ask("/")));
  for (const tier of chain.last) tier.slow(slow.every, slow.ms);
  const before = await requestsOf(chain);
  const took: number[] = [];
  await inTurn(load.requests, load.perSecond, async () => {
    const sentAt = systemClock.now();
    if ((await chain.ask("/")) === 200) took.push(systemClock.now() - sentAt);
    else took.push(Infinity);
  });
  const reached = (await requestsOf(chain)) - before;
  const sorted = took.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1]!;
  return { p50Ms: at(0.5), p99Ms: at(0.99), factor: reached / load.requests };
}
