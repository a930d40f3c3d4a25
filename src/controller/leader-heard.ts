import type { Leadership, Silence } from "../store/store.ts";

/** An etcd that elects a leader of its own begins every lease anew: a seat may outlive its holder by a second one. */
const leasesOutlived = 2;

/** When another leader last gave a sign of life, at the earliest: from then on nobody may have written what happened. */
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
  const ended = isAnother(before) && after.holder !== before?.holder;
  // Whoever led it came and went while nothing was told.
  const unseen = before !== undefined && after.holder === null && after.term > before.term;
  if (silence.judge !== "store" || (!ended && !unseen)) return heardAt;
  // Its beats cannot be seen, but all that was told until then was told of a seat that it held.
  return Math.max(heardAt, silence.toldUntil() - leasesOutlived * silence.leaseMs);
}
