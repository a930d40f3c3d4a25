import { systemClock } from "../../runtime/clock.ts";
import { pause } from "../wait.ts";
import type { Chain } from "./chain.ts";
import type { Tier } from "./tier.ts";

export interface Leaving {
  /** Of each handler, the first tier's first: from the client's leaving to the handler's abort. */
  readonly afterMs: number[];
  readonly reasons: string[];
}

/** A client asks, and leaves when the last handler works on it and at least `atMs` have passed: when does each handler hear of it? */
export async function leave(chain: Chain, atMs: number): Promise<Leaving> {
  const entered = eachTier(chain, async (tier) => tier.next("entered"));
  const aborted = eachTier(chain, async (tier) => tier.next("aborted"));
  const sentAt = systemClock.now();
  const asked = chain.send("/hold");
  asked.on("error", () => {});
  await Promise.all(entered);
  await pause(sentAt + atMs - systemClock.now());
  const leftAt = systemClock.now();
  asked.destroy();
  const reports = await Promise.all(aborted);
  return { afterMs: reports.map(({ at }) => at - leftAt), reasons: reports.map(({ reason }) => reason) };
}

/** Of the last service it is whichever gets the request. */
function eachTier<Told>(chain: Chain, told: (tier: Tier) => Promise<Told>): Promise<Told>[] {
  return [...chain.tiers.map(told), Promise.race(chain.last.map(told))];
}
