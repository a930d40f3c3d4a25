import type { ClusterEvent } from "../../protocol/events.ts";
import { decodeHead } from "./records.ts";
import type { Replica } from "./replica.ts";
import type { KeyValue } from "./wire.ts";

/** Pages read by one request: each has one event at least. */
const pagesMax = 16;

/**
 * Events with an id above `afterId`, oldest first; only those that the head counts. A page that somebody changed is as if it were
 * forgotten; `unreadable` is told its key.
 */
export async function readEvents(
  replica: Replica,
  afterId: number,
  limit: number,
  unreadable: (key: string) => void,
): Promise<ClusterEvent[]> {
  const events: ClusterEvent[] = [];
  let from = replica.keys.eventsUpTo(afterId + 1);
  for (;;) {
    const { pages, lastId, firstId, more } = await readPages(replica, from, limit - events.length);
    for (const page of pages) {
      const inPage = eventsIn(page);
      if (inPage === undefined) unreadable(page.key);
      else events.push(...inPage.filter(({ id }) => id > afterId && id >= firstId && id <= lastId));
    }
    const last = pages.at(-1);
    if (!more || last === undefined || events.length >= limit) break;
    from = `${last.key}\0`;
  }
  return events.slice(0, limit);
}

/** Undefined: this is no page that was ever written. */
function eventsIn({ value }: KeyValue): ClusterEvent[] | undefined {
  try {
    const found: unknown = JSON.parse(value);
    return Array.isArray(found) && found.every(isEvent) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is ClusterEvent {
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "number";
}

/** The id of the first event from the oldest page on. */
export function firstIdIn(page: KeyValue | undefined): number | undefined {
  if (page === undefined) return undefined;
  const events = eventsIn(page);
  if (events !== undefined) return events[0]?.id;
  // What it held cannot be read: the next page begins after the id that its key tells.
  const lastId = Number(page.key.slice(page.key.lastIndexOf("/") + 1));
  return Number.isSafeInteger(lastId) ? lastId + 1 : undefined;
}

async function readPages(
  replica: Replica,
  from: string,
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
        key: from,
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
