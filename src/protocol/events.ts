/** What happened, for `GET /v1/events` and the store. `id` grows by one within a store. */
export interface ClusterEvent {
  id: number;
  /** ISO 8601 wall time, for people. */
  at: string;
  term: number;
  kind: ClusterEventKind;
  service?: string;
  worker?: string;
  /** A sentence for people. */
  message: string;
  /** Details as text. */
  data?: Record<string, string | number | boolean>;
}

export type ClusterEventKind =
  | "leader-elected"
  | "leader-resigned"
  | "configuration-changed"
  | "worker-joined"
  | "worker-live"
  | "worker-suspect"
  | "worker-draining"
  | "worker-undrained"
  | "worker-weight"
  | "worker-left"
  | "worker-dead"
  | "worker-forgotten"
  | "worker-held"
  | "self-preservation-on"
  | "self-preservation-off"
  | "store-replaced"
  | "store-mended"
  | "store-adopted"
  | "store-republished";
