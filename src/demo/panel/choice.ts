import type { DemoChoice } from "../../protocol/demo.ts";
import type { Pick } from "../drill/picks.ts";

/** How often a worker was still chosen while a fault held, and for how long, by what the proxies wrote. */
export function choiceOf(
  picks: readonly Pick[],
  worker: string,
  struckAt: number,
  healAt: number,
): DemoChoice {
  const after = picks.filter((pick) => pick.worker === worker && pick.at > struckAt && pick.at <= healAt);
  return { sent: after.length, lastMs: Math.max(0, ...after.map(({ at }) => at - struckAt)) };
}
