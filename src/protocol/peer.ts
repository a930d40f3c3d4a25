import type { Evidence, StatisticsReport } from "./evidence.ts";
import type { LinkAddress, Load } from "./heartbeat.ts";
import type { ClusterEvent } from "./events.ts";

/**
 * Between controllers: each keeps one stream to every other (WebSocket `GET /v1/peer`, on one host over the unix
 * sockets) and sends what it learned itself, batched (every 20 ms at most). Nothing is passed on twice.
 */
export type PeerFrame =
  | { t: "hello"; v: 1; controller: string; name: string; url: string; term: number; leader: boolean }
  /**
   * Everything that the sender knows at first hand, in parts, after `hello` and again after it had to drop news for
   * a slow receiver. With `last` it is complete; `settled` says whether the sender's own view was.
   */
  | { t: "snapshot"; last: boolean; settled: boolean; items: PeerItem[] }
  | { t: "news"; term: number; leader: boolean; items: PeerItem[] }
  | { t: "alive"; term: number; leader: boolean };

export type PeerItem =
  /** A plain heartbeat that came to me: register it as if it came to you. */
  | { kind: "heartbeat"; beat: PeerWorker; load: Load }
  /** My session with this worker opened or renewed its lease: it is live at my side. */
  | { kind: "session"; worker: PeerWorker; held: boolean; blocked: boolean }
  | { kind: "left"; service: string; id: string; generation: number; begunAtMs?: number }
  | { kind: "draining"; service: string; id: string; generation: number; begunAtMs?: number }
  /**
   * I know lives of this worker up to this generation and beginning, not live: its next life gets higher ones. In
   * snapshots.
   */
  | { kind: "generation"; service: string; id: string; generation: number; begunAtMs?: number }
  | { kind: "evidence"; items: Evidence[] }
  | { kind: "statistics"; report: StatisticsReport }
  | { kind: "event"; event: ClusterEvent };

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
