import { batch, computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { EventsReply } from "../../src/protocol/discovery.ts";
import type { ClusterEvent } from "../../src/protocol/events.ts";
import type { LiveDelta, LiveProxy, LiveSnapshot } from "../../src/protocol/live.ts";
import {
  changed,
  type Cluster,
  clusterOf,
  eventsKept,
  keyOf,
  withEvents,
  type Worker,
} from "../../src/protocol/live/cluster.ts";
import { ask } from "./net/ask.ts";
import { Connection, type ConnectionState } from "./net/connection.ts";
import type { StreamWord } from "./live/sse.ts";
import { noTraffic, type Traffic, trafficBetween } from "../../src/protocol/live/traffic.ts";
import { type WorkerTraffic, workerTrafficBetween } from "../../src/protocol/live/worker-traffic.ts";
import { token } from "./token.ts";

/** Everything that the pages show. Signals: a page is painted anew only for what it reads. */
export const connection = signal<ConnectionState>({ kind: "connecting" });
export const cluster = signal<Cluster | undefined>(undefined);
export const events = signal<readonly ClusterEvent[]>([]);
/** It is the demo that answers, which breaks things on demand. */
export const demo = signal(false);
/** Ticks once in a second: for ages. */
export const now = signal(Date.now());

interface Look {
  at: number;
  proxies: ReadonlyMap<string, LiveProxy>;
}

export interface Moment {
  at: number;
  traffic: Traffic;
}

const momentsKept = 3_600;
/** Proxies report once in a second: rates are taken over two, so that both proxies' reports are in. */
const spanMs = 2_000;
const looks = signal<readonly Look[]>([]);
/** Traffic by the second, the newest last. */
export const history = signal<readonly Moment[]>([]);

const span = computed(() => {
  const after = looks.value.at(-1);
  const before = looks.value.find(({ at }) => after !== undefined && after.at - at <= spanMs);
  return after === undefined || before === undefined || after === before ? undefined : { before, after };
});

export function trafficOf(selection: { service?: string; proxy?: string } = {}): Traffic {
  const between = span.value;
  if (between === undefined) return noTraffic;
  const { before, after } = between;
  return trafficBetween(before.proxies, after.proxies, after.at - before.at, selection);
}

/** What each worker did, by its key. */
export const workerTraffic = computed<ReadonlyMap<string, WorkerTraffic>>(() => {
  const between = span.value;
  if (between === undefined) return new Map();
  const { before, after } = between;
  return workerTrafficBetween(before.proxies, after.proxies, after.at - before.at);
});

export const workers = computed<readonly Worker[]>(() =>
  [...(cluster.value?.workers.values() ?? [])].sort((one, other) =>
    one.service === other.service ? byNumber(one.id, other.id) : byNumber(one.service, other.service),
  ),
);

/** The last event of each worker: why it is as it is. */
export const lastEvents = computed(() => {
  const last = new Map<string, ClusterEvent>();
  for (const event of events.value) {
    if (event.service === undefined || event.worker === undefined) continue;
    const key = keyOf(event.service, event.worker);
    if (!last.has(key)) last.set(key, event);
  }
  return last;
});

/** `w-2` before `w-10`. */
export const byNumber = new Intl.Collator("en", { numeric: true }).compare;

const stream = new Connection({
  url: () => `../v1/live?after=${events.value[0]?.id ?? 0}`,
  token: () => token.value,
  state: (state) => (connection.value = state),
  words: (words) => batch(() => takeWords(words)),
  demo: (there) => (demo.value = there),
});

function takeWords(words: readonly StreamWord[]): void {
  const happened: ClusterEvent[] = [];
  const at = Date.now();
  for (const { word, data } of words) {
    if (word === "snapshot") cluster.value = clusterOf(JSON.parse(data) as LiveSnapshot, at);
    else if (word === "happened") happened.push(JSON.parse(data) as ClusterEvent);
    else if (word === "delta" && cluster.value !== undefined) {
      cluster.value = changed(cluster.value, JSON.parse(data) as LiveDelta, at);
    }
  }
  events.value = withEvents(events.value, happened);
}

/** On pages that look far back: as many events as are kept, where the stream began with less. Whoever answers not is asked no more. */
export function useOlderEvents(): void {
  const oldest = events.value.at(-1)?.id ?? 1;
  const missing = oldest > 1 && events.value.length < eventsKept;
  useEffect(() => {
    const abort = new AbortController();
    if (missing) {
      ask<EventsReply>(`events?limit=${eventsKept}`, abort.signal).then(
        (reply) => (events.value = withEvents(withEvents([], reply.events), events.value)),
        () => {},
      );
    }
    return () => abort.abort();
  }, [missing ? oldest : 0]);
}

function tick(): void {
  const at = Date.now();
  now.value = at;
  const proxies = cluster.value?.proxies;
  if (proxies === undefined || connection.value.kind !== "live") return;
  looks.value = [...looks.value.slice(-5), { at, proxies }];
  history.value = [...history.value.slice(1 - momentsKept), { at, traffic: trafficOf() }];
}

/** A browser has six connections for all tabs together: one that nobody looks at keeps none. */
const hiddenMsMax = 30_000;

function sleepWhileHidden(): void {
  let falling: ReturnType<typeof setTimeout> | undefined;
  let asleep = false;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(falling);
    if (document.visibilityState === "hidden") {
      falling = setTimeout(() => {
        asleep = true;
        stream.stop();
      }, hiddenMsMax);
    } else if (asleep) {
      asleep = false;
      stream.restart();
    }
  });
}

/** Begins to watch. */
export function watch(): void {
  token.subscribe(() => stream.restart());
  sleepWhileHidden();
  setInterval(() => batch(tick), 1_000);
}
