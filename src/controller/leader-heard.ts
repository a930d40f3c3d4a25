import type { Leadership, Silence } from "../store/store.ts";

/** When the store last showed a sign of life of another leader: from then on nobody may have written what happened. */
export function leaderHeardAt(
  heardAt: number,
  { before, after }: { before: Leadership | undefined; after: Leadership },
  self: string,
  silence: Silence,
  now: number,
): number {
  const isAnother = (one: Leadership | undefined): boolean =>
    one !== undefined && one.holder !== null && one.holder !== self;
  if (isAnother(after) && (after.term !== before?.term || after.beat !== before.beat)) return now;
  // Its beats cannot be seen: it may have been silent for as long as a seat outlives its holder.
  const ended = isAnother(before) && after.holder !== before?.holder;
  return ended && silence.judge === "store" ? now - silence.leaseMs : heardAt;
}
