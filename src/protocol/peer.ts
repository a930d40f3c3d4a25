import type { Evidence, StatisticsReport } from "./evidence.ts";
import type { LinkAddress, Load } from "./heartbeat.ts";
import type { ClusterEvent } from "./events.ts";
import type { WorkerView } from "./discovery.ts";

/** Of the keying material (RFC 5705) that names the TLS connection below a stream between controllers. */
export const channelLabel = "EXPORTER-skein-peer-1";

/** Who asks to be taken for a controller of another gateway, and has still to prove it. */
export interface Stranger {
  /** The instance that it says to be. */
  from: string;
  /** A name of the TLS connection that both its ends know; empty: there is no TLS. */
  channel: string;
  /** IP address, in its short form. */
  address: string;
}

/** Where a controller is. */
export interface PeerHome {
  gateway: string;
  /** As `hostIdentity` tells it. */
  host: string;
}

/**
 * Between controllers: each keeps one stream to every other (WebSocket `GET /v1/peer`; in one gateway over the unix
 * sockets, else over TCP after the handshake of peers/handshake.ts) and sends what it learned itself, batched (every
 * 20 ms at most). Nothing is passed on twice. `clock`: the sender's reading of the cluster's clock.
 */
export type PeerFrame =
  | {
      t: "hello";
      v: 1;
      controller: string;
      name: string;
      url: string;
      term: number;
      leader: boolean;
      clock?: number;
      /** Left out by older versions, which are met in the same gateway alone. */
      home?: PeerHome;
    }
  /**
   * Everything that the sender knows at first hand, in parts, after `hello` and again after it had to drop news for
   * a slow receiver. With `last` it is complete; `settled` says whether the sender's own view was.
   */
  | { t: "snapshot"; last: boolean; settled: boolean; items: PeerItem[] }
  | { t: "news"; term: number; leader: boolean; items: PeerItem[] }
  | { t: "alive"; term: number; leader: boolean; clock?: number }
  /** An operator's change, passed on to the leader; and what came of it, on the leader's own stream. */
  | { t: "ask"; n: number; request: PeerRequest }
  | { t: "answer"; n: number; answer: PeerAnswer };

export interface PeerRequest {
  method: string;
  /** Path and query. */
  target: string;
  body: string;
  /** The worker that it is about, as the asker found it: it may be known on the asker's host alone. Left out by older versions. */
  worker?: { service: string; id: string };
}

export interface PeerAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type PeerItem =
  /** A plain heartbeat that came to me: register it as if it came to you. */
  | { kind: "heartbeat"; beat: PeerWorker; load: Load }
  /** My session with this worker opened or renewed its lease: it is live at my side. */
  | { kind: "session"; worker: PeerWorker; held: boolean; blocked: boolean }
  | { kind: "left"; service: string; id: string; generation: number; begunAtMs?: number }
  | { kind: "draining"; service: string; id: string; generation: number; begunAtMs?: number }
  /**
   * I know lives of this worker up to this generation and beginning, not live: its next life gets higher ones. In
   * snapshots. `left`: by its word or an operator's.
   */
  | {
      kind: "generation";
      service: string;
      id: string;
      generation: number;
      begunAtMs?: number;
      left?: boolean;
    }
  | PeerState
  | { kind: "evidence"; items: Evidence[] }
  | { kind: "statistics"; report: StatisticsReport }
  /** This proxy of a host without controllers reports to me, and so to your gateway no more. Older versions pass it over. */
  | { kind: "proxy-here"; proxy: string }
  | { kind: "event"; event: ClusterEvent };

/** Since when this worker is in its state, for who did not see that begin. In snapshots. Older versions pass it over. */
export interface PeerState {
  kind: "state";
  service: string;
  id: string;
  generation: number;
  begunAtMs?: number;
  state: WorkerView["state"];
  cause?: string;
  forMs: number;
  /** Or longer: I found it so. */
  atLeast: boolean;
}

export interface PeerWorker {
  service: string;
  id: string;
  address: string;
  generation: number;
  /** As in the session's welcome. */
  begunAtMs?: number;
  ttlMs: number;
  weight: number;
  version?: string;
  zone?: string;
  tags: string[];
  metadata: Record<string, string>;
  maxInFlight?: number;
  keepAliveMs?: number;
  link?: LinkAddress;
}
