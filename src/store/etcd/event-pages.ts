import type { ClusterEvent } from "../../protocol/events.ts";
import { decodeHead } from "./records.ts";
import type { Replica } from "./replica.ts";
import type { KeyValue } from "./wire.ts";

/** Pages read by one request: each has one event at least. */
const pagesMax = 16;

/** Events with an id above `afterId`, oldest first; only those that the head counts. */
export async function readEvents(replica: Replica, afterId: number, limit: number): Promise<ClusterEvent[]> {
  const events: ClusterEvent[] = [];
  let after = afterId;
  for (;;) {
    const { pages, lastId, firstId, more } = await readPages(replica, after, limit - events.length);
    const inPages = pages.flatMap(({ value }) => JSON.parse(value) as ClusterEvent[]);
    events.push(...inPages.filter(({ id }) => id > after && id >= firstId && id <= lastId));
    const last = inPages.at(-1)?.id;
    if (!more || last === undefined || last >= lastId || events.length >= limit) break;
    after = last;
  }
  return events.slice(0, limit);
}

async function readPages(
  replica: Replica,
  after: number,
  wanted: number,
): Promise<{ pages: KeyValue[]; firstId: number; lastId: number; more: boolean }> {
  const { keys, api } = replica;
  const known = replica.known();
  const { header, ranges } = await api.transact({
    compare: [],
    success: [
      { kind: "range", ...keys.cluster },
      {
        kind: "range",
        key: keys.eventsUpTo(after + 1),
        end: keys.events.end,
        limit: Math.max(1, Math.min(pagesMax, wanted)),
      },
    ],
  });
  const cluster = replica.clusterIn(ranges[0]?.keyValues ?? []);
  replica.check(known, header, true, cluster);
  const { firstId, lastId } =
    cluster.head === undefined ? replica.mirror.state.events : decodeHead(cluster.head.value).events;
  return { pages: ranges[1]?.keyValues ?? [], firstId, lastId, more: ranges[1]?.more === true };
}
