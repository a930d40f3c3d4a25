import { systemClock } from "../../runtime/clock.ts";
import { pause } from "../wait.ts";
import type { Chain } from "./chain.ts";

/** Open loop: one begins after the other whether they are answered or not. */
export async function inTurn(
  count: number,
  perSecond: number,
  one: (nth: number) => Promise<void>,
): Promise<void> {
  const beganAt = systemClock.now();
  const running: Promise<void>[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    await pause(beganAt + (nth * 1_000) / perSecond - systemClock.now());
    running.push(one(nth));
  }
  await Promise.all(running);
}

/** That the last service has had so far, all its workers together. */
export async function requestsOf(chain: Chain): Promise<number> {
  const counts = await Promise.all(chain.last.map(async (tier) => tier.requests()));
  return counts.reduce((sum, count) => sum + count, 0);
}
