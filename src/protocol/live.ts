import type { ControllersReply, ServiceView, WorkerView } from "./discovery.ts";
import type { ServiceStatistics, WorkerStatistics } from "./evidence.ts";
import type { Load } from "./heartbeat.ts";
import type { WorkerKey } from "./routing-table.ts";

/**
 * `GET /v1/live`: what the dashboard watches, as server-sent events. First `snapshot`, then a `delta` whenever something
 * changed, at most five in a second; beside them `happened`, a ClusterEvent each. A comment comes in every second
 * of silence. Who was cut comes again and begins with a new snapshot.
 */
export type LiveWords = "snapshot" | "delta" | "happened";

/** A worker as long as nothing happens: without what grows by itself. */
export type LiveWorker = Omit<WorkerView, "heardMsAgo">;

/** What one proxy counted since its start. */
export interface LiveProxy {
  proxy: string;
  /** Another one: its counters began at zero. */
  instance: string;
  /** Since its start, as it reported: how old these counters are. Left out by older ones. */
  upMs?: number;
  connections: { open: number; accepted: number; refused: number };
  retries: { taken: number; denied: number };
  services: Record<string, ServiceStatistics>;
  workers?: WorkerStatistics[] | undefined;
  /** Others were asked as well, so many: nothing is told of them. Unset: none. */
  workersLeftOut?: number;
}

export interface LiveSnapshot {
  v: 1;
  /** Instance of the controller that tells this. */
  controller: string;
  /** Wall time at its host, ISO 8601: by that clock events have their times. Left out by older controllers. */
  at?: string;
  /** Of the newest event that is stored; 0: of none. Left out by older controllers. */
  lastEventId?: number;
  /** The reader may change what runs. */
  operator: boolean;
  workers: LiveWorker[];
  services: ServiceView[];
  controllers: ControllersReply;
  proxies: LiveProxy[];
}

/** What changed; what is left out stayed as it was. */
export interface LiveDelta {
  /** Joined, or changed in more than their load. */
  workers?: LiveWorker[];
  /** Only their load changed. */
  loads?: (WorkerKey & { load: Load })[];
  gone?: WorkerKey[];
  /** All of them. */
  services?: ServiceView[];
  controllers?: ControllersReply;
  /** Those that have told something new. */
  proxies?: LiveProxy[];
  /** Those that have reported that nothing is new. */
  reported?: { proxy: string; upMs: number }[];
  proxiesGone?: string[];
}
