import { readPicks } from "./picks.ts";
import type { Scene } from "./scene.ts";

/** What a row asks of what followed its fault: it does not hold when the value is above the limit. */
export interface Asked {
  name: string;
  unit: "ms" | "count";
  value: number;
  limit: number;
}

/** Of the worker that was killed: each proxy says in its access log whom it picked, and when. */
export function lastPick(scene: Scene, limitMs: number): Asked {
  const { stage, struckAt = 0, renewedAt = Infinity, victimId } = scene;
  const picks = readPicks(stage.accessLog).filter(({ worker }) => worker === victimId);
  if (picks.length === 0) throw new Error(`drill: the access log names no pick of ${victimId}`);
  const late = picks.filter(({ at }) => at > struckAt && at < renewedAt).map(({ at }) => at - struckAt);
  return { name: "last picked after", unit: "ms", value: Math.max(0, ...late), limit: limitMs };
}

/** Of workers that were well all the time. */
export function evictions({ stage, struckAt = 0 }: Scene): Asked {
  const out = stage.watch.changesSince(struckAt).filter(({ state }) => state?.kind !== "live");
  return { name: "false evictions", unit: "count", value: out.length, limit: 0 };
}

/** An event that bears an older term than one before it in the store was written by a leader that no longer led. */
export function staleWrites({ stage, struckAt = 0 }: Scene): Asked {
  const byId = new Map(stage.events.since(struckAt).map(({ event }) => [event.id, event.term]));
  const terms = [...byId].sort(([one], [other]) => one - other).map(([, term]) => term);
  const stale = terms.filter((term, place) => place > 0 && term < Math.max(...terms.slice(0, place)));
  return { name: "writes of a stale leader", unit: "count", value: stale.length, limit: 0 };
}
