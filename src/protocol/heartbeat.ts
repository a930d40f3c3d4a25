/** A worker's load as it tells it. All fields optional: curl is a worker too. */
export interface Load {
  inFlight?: number;
  eventLoopDelayP99Ms?: number;
  /** 0 to 1. */
  eventLoopUtilization?: number;
  memoryBytes?: number;
}

/** Where and how proxies open a link to a worker. The host is that of the worker's address. */
export interface LinkAddress {
  port: number;
  /** 32 random bytes in hex, new for each life: both ends of a link prove that they know it. Not for people's eyes. */
  key: string;
  /**
   * The port takes TLS by this key (see runtime/seal.ts), and from other hosts nothing else. Absent: the worker asked for links in
   * clear, or is older. Told over the control API, so nobody on the way to the worker can take it away.
   */
  sealed?: true | undefined;
}

/** `POST /v1/heartbeat`. Only `service` and `address` are required. */
export interface Heartbeat {
  service: string;
  /** Default: the address. The key is (service, id). */
  id?: string;
  /** host:port; host may be left out (`:8081`): the peer's own address. */
  address: string;
  /** Lease in milliseconds; default 3000, 500 to 600000. */
  ttlMs?: number;
  weight?: number;
  version?: string;
  zone?: string;
  tags?: string[];
  metadata?: Record<string, string>;
  load?: Load;
  /** Given by the controller first joined; a plain heartbeat without one is not checked. */
  generation?: number;
  maxInFlight?: number;
  keepAliveMs?: number;
  /** In the hello of a session only: a plain heartbeat has no secrets. */
  link?: LinkAddress;
}

export interface HeartbeatReply {
  v: 1;
  heartbeatEveryMs: number;
  ttlMs: number;
  /** What the operators want of this worker. */
  desired: "serve" | "drain";
  generation: number;
  controllers: string[];
}

export const heartbeatDefaults = { everyMs: 1000, ttlMs: 3000, ttlMsMin: 500, ttlMsMax: 600_000 } as const;

/** Of a worker, whoever sets it. */
export const weightMax = 1_000;
