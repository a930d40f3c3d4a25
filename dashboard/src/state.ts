import { batch, computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { EventsReply } from "../../src/protocol/discovery.ts";
import type { ClusterEvent } from "../../src/protocol/events.ts";
import type { LiveDelta, LiveSnapshot } from "../../src/protocol/live.ts";
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
import { Wakefulness } from "./net/wakefulness.ts";
import type { StreamWord } from "./live/sse.ts";
import { type Look, quietMs, silenceText, spanOf, withLook } from "../../src/protocol/live/looks.ts";
import { type Traffic, trafficBetween } from "../../src/protocol/live/traffic.ts";
import {
  rateOf,
  ratesUnknown,
  type WorkerTraffic,
  workerTrafficBetween,
} from "../../src/protocol/live/worker-traffic.ts";
import type { Moment } from "./parts/chart-data.ts";
import { token } from "./token.ts";

/** Everything that the pages show. Signals: a page is painted anew only for what it reads. */
export const connection = signal<ConnectionState>({ kind: "connecting" });
export const cluster = signal<Cluster | undefined>(undefined);
export const events = signal<readonly ClusterEvent[]>([]);
/** How many have come: with each one all that was known before may be of another time. */
export const snapshots = signal(0);
/** It is the demo that answers, which breaks things on demand. */
export const demo = signal(false);
/** Ticks once in a second: for ages. */
export const now = signal(Date.now());

const momentsKept = 3_600;
const looks = signal<readonly Look[]>([]);
/** Traffic by the second, the newest last. */
export const history = signal<readonly Moment[]>([]);

const span = computed(() => spanOf(looks.value));

/** When the last word came: by the clock that nobody sets, and by the one that goes on while the machine sleeps. */
let heard = { upMs: -Infinity, at: -Infinity };
/** Nobody tells what is so now: what is shown is of this moment. */
export const staleSince = signal<number | undefined>(undefined);

/** Undefined: nobody tells. */
export function trafficOf(selection: { service?: string; proxy?: string } = {}): Traffic | undefined {
  const between = span.value;
  if (between === undefined) return undefined;
  const { before, after } = between;
  return trafficBetween(before.proxies, after.proxies, after.at - before.at, selection);
}

/** Of proxies that serve, or may, and are not heard. Empty: of none. */
export const silence = computed(() => silenceText(span.value));

const workerRates = computed(() => {
  const between = span.value;
  if (between === undefined) return ratesUnknown;
  const { before, after } = between;
  return workerTrafficBetween(before.proxies, after.proxies, after.at - before.at);
});

/** What a worker did. Undefined: nobody tells. */
export function trafficOfWorker({ key }: Pick<Worker, "key">): WorkerTraffic | undefined {
  return rateOf(workerRates.value, key);
}

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
  heard() {
    heard = { upMs: performance.now(), at: Date.now() };
    // Of what was shown before, only a snapshot can say whether it still is so.
    if (connection.value.kind === "live") staleSince.value = undefined;
  },
});

function takeWords(words: readonly StreamWord[]): void {
  const happened: ClusterEvent[] = [];
  const at = Date.now();
  for (const { word, data } of words) {
    if (word === "snapshot") begin(JSON.parse(data) as LiveSnapshot, at);
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

/** What another controller counted, or this one before a gap, is no beginning for rates. */
function begin(snapshot: LiveSnapshot, at: number): void {
  cluster.value = clusterOf(snapshot, at);
  snapshots.value += 1;
  looks.value = [];
  staleSince.value = undefined;
}

function tick(): void {
  const [at, upMs] = [Date.now(), performance.now()];
  const known = cluster.value;
  // One clock may be set back, the other stands still in a sleep.
  const silentMs = Math.max(upMs - heard.upMs, at - heard.at);
  if (known !== undefined && silentMs >= quietMs) {
    // Ages would go on as if somebody had told that it is still so.
    staleSince.value ??= at - silentMs;
    looks.value = [];
    return;
  }
  now.value = at;
  if (known === undefined || connection.value.kind !== "live") return;
  const before = looks.value;
  looks.value = withLook(before, { at: upMs, proxies: known.proxies }, heard.upMs);
  const traffic = looks.value === before ? undefined : trafficOf();
  if (traffic !== undefined) history.value = [...history.value.slice(1 - momentsKept), { at, traffic }];
}
const wakefulness = new Wakefulness({ wake: () => stream.restart(), sleep: () => stream.stop() });

/** Begins to watch. */
export function watch(): void {
  const look = (): void => wakefulness.look(document.visibilityState === "visible");
  document.addEventListener("visibilitychange", look);
  look();
  // Told at once as well, when a stream that has just begun is nothing to begin anew.
  let given = token.value;
  token.subscribe((fresh) => {
    if (fresh !== given && !wakefulness.asleep) stream.restart();
    given = fresh;
  });
  setInterval(() => batch(tick), 1_000);
}
