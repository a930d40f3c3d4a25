import type { ControllersReply, ServiceView } from "../discovery.ts";
import type { ClusterEvent } from "../events.ts";
import type { LiveDelta, LiveProxy, LiveSnapshot, LiveWorker } from "../live.ts";

/** A worker as a reader shows it: since when it is in its state, by the reader's clock. */
export interface Worker extends LiveWorker {
  key: string;
  since: number;
}

/** What is known of the cluster. Every change makes a new value; what did not change is the same object. */
export interface Cluster {
  controller: string;
  /** How far the clock of the controller's host is ahead of the reader's: 0 where it is not told. */
  aheadMs: number;
  /** Of the newest event that was stored when the snapshot came: 0 where there is none, or it is not told. */
  lastEventId: number;
  operator: boolean;
  workers: ReadonlyMap<string, Worker>;
  services: readonly ServiceView[];
  controllers: ControllersReply;
  proxies: ReadonlyMap<string, LiveProxy>;
}

export const eventsKept = 1_000;

export const keyOf = (service: string, id: string): string => JSON.stringify([service, id]);

export function clusterOf(snapshot: LiveSnapshot, now: number): Cluster {
  return {
    controller: snapshot.controller,
    aheadMs: snapshot.at === undefined ? 0 : Date.parse(snapshot.at) - now,
    lastEventId: snapshot.lastEventId ?? 0,
    operator: snapshot.operator,
    workers: new Map(snapshot.workers.map((worker) => readWorker(worker, now)).map((one) => [one.key, one])),
    services: snapshot.services,
    controllers: snapshot.controllers,
    proxies: new Map(snapshot.proxies.map((proxy) => [proxy.proxy, proxy])),
  };
}

export function changed(cluster: Cluster, delta: LiveDelta, now: number): Cluster {
  return {
    ...cluster,
    services: delta.services ?? cluster.services,
    controllers: delta.controllers ?? cluster.controllers,
    workers: changedWorkers(cluster.workers, delta, now),
    proxies: changedProxies(cluster.proxies, delta),
  };
}

function changedWorkers(before: Cluster["workers"], delta: LiveDelta, now: number): Cluster["workers"] {
  const { workers = [], loads = [], gone = [] } = delta;
  if (workers.length + loads.length + gone.length === 0) return before;
  const after = new Map(before);
  for (const worker of workers) {
    const one = readWorker(worker, now);
    after.set(one.key, one);
  }
  for (const { service, id, load } of loads) {
    const one = after.get(keyOf(service, id));
    if (one !== undefined) after.set(one.key, { ...one, load });
  }
  for (const { service, id } of gone) after.delete(keyOf(service, id));
  return after;
}

function changedProxies(before: Cluster["proxies"], delta: LiveDelta): Cluster["proxies"] {
  const { proxies = [], reported = [], proxiesGone = [] } = delta;
  if (proxies.length + reported.length + proxiesGone.length === 0) return before;
  const after = new Map(before);
  for (const proxy of proxies) after.set(proxy.proxy, proxy);
  for (const { proxy, upMs } of reported) {
    const one = after.get(proxy);
    if (one !== undefined) after.set(proxy, { ...one, upMs });
  }
  for (const name of proxiesGone) after.delete(name);
  return after;
}

function readWorker(worker: LiveWorker, now: number): Worker {
  return { ...worker, key: keyOf(worker.service, worker.id), since: now - worker.stateForMs };
}

/**
 * In order of their ids, each once, the newest first: after a break the same ones may come again. Another under an id that was
 * given already is of another history: what the one before had from there on did not happen in it. Ids without a jump:
 * a reader that was away for long is told only the newest, and then begins with those.
 */
export function withEvents(
  events: readonly ClusterEvent[],
  fresh: readonly ClusterEvent[],
): readonly ClusterEvent[] {
  const newest = events[0]?.id ?? 0;
  const isKnown = (one: ClusterEvent): boolean => events.some((other) => isSame(one, other));
  const another = fresh.filter((one) => one.id <= newest && !isKnown(one));
  if (another.length > 0) {
    const from = Math.min(...another.map(({ id }) => id));
    return withEvents(
      events.filter(({ id }) => id < from),
      fresh,
    );
  }
  const later = fresh.filter(({ id }) => id > newest).sort((one, other) => other.id - one.id);
  return later.length === 0 ? events : withoutHole([...later, ...events].slice(0, eventsKept));
}

/** Up to where ids jump: what is missing there was never told, so what is before it is not known to be all. */
function withoutHole(events: readonly ClusterEvent[]): readonly ClusterEvent[] {
  const hole = events.findIndex(({ id }, at) => id !== (events[at - 1]?.id ?? id + 1) - 1);
  return hole === -1 ? events : events.slice(0, hole);
}

function isSame(one: ClusterEvent, other: ClusterEvent): boolean {
  return one.id === other.id && one.at === other.at && one.kind === other.kind;
}
