import type { ProxySettings, Route, Service } from "./configuration.ts";
import type { LinkAddress } from "./heartbeat.ts";

/** Why a worker is not `live`. */
export type SuspectCause =
  | "session-lost"
  | "lease-expired"
  | "refused"
  | "reset"
  | "stalled"
  | "blocked"
  | "check-failed"
  | "failing"
  | "not-checked"
  | "held";

/** Hard evidence is never overridden by the panic threshold; soft evidence is. */
export type Strength = "hard" | "soft";

export type TableWorkerState =
  | { kind: "live" }
  | { kind: "suspect"; cause: SuspectCause; strength: Strength }
  | { kind: "draining" };

export interface WorkerKey {
  service: string;
  id: string;
}

export interface TableWorker extends WorkerKey {
  /** host:port, an IP address and a port. */
  address: string;
  generation: number;
  state: TableWorkerState;
  weight: number;
  /** Milliseconds since it became live, at the time of sending: for slow start. */
  liveForMs: number;
  maxInFlight?: number;
  /** The worker's own keep-alive timeout, where it told us. */
  keepAliveMs?: number;
  /** Has a session (an SDK worker); others are plain HTTP. */
  session: boolean;
  /** Told only to readers that may open one: see `GET /v1/routing-table`. */
  link?: LinkAddress;
  zone?: string;
  backup?: boolean;
  version?: string;
  /** Left out where there are none. */
  tags?: string[];
  metadata?: Record<string, string>;
  /** The host's name as configured: for its certificate. */
  serverName?: string;
}

/**
 * Everything a proxy needs to forward a request; never changed in place. Identity: (controller instance,
 * sequence). Order between tables of different controllers: (term, revision).
 */
export interface RoutingTable {
  v: 1;
  controller: string;
  sequence: number;
  term: number;
  /** Revision of the configuration in the store. */
  revision: number;
  /**
   * False while the controller is new and still learns who lives (no settled peer told it, and the first lease
   * time is not over). A proxy adds what an unsettled table tells and removes nothing that it knows from before.
   */
  settled: boolean;
  routes: Route[];
  services: Record<string, Service>;
  proxy: ProxySettings;
  workers: TableWorker[];
}

/** Frames of `GET /v1/routing-table?watch=1`: one JSON text per line. */
export type TableFrame =
  /** `more`: further routes and workers follow, and the table holds when the last of them has come. */
  | { kind: "full"; table: RoutingTable; more?: boolean }
  /** The next part of a table that was too large for one frame: see `framesOfTable`. */
  | { kind: "more"; routes: Route[]; workers: TableWorker[]; more: boolean }
  /** Applies only to the table of `sequence - 1` of the same stream. */
  | {
      kind: "delta";
      sequence: number;
      term: number;
      settled: boolean;
      upserts: TableWorker[];
      removals: WorkerKey[];
    }
  /** The stream is alive; sent every 500 ms without news. Silence for 1.5 s: go to another controller. */
  | { kind: "alive"; sequence: number; term: number };
