/**
 * What a controller knows of one worker: facts, and the state judged from them (judge.ts).
 *
 *            first sign of life + first check passes         drain (operator, worker)
 *  (unknown) ---------------------------------------> live --------------------------> draining --> left
 *                                                     |  ^                              (session ends, or `leave`)
 *            session lost, refused, stalled, silent   v  |  beat, check passes, byte answered
 *                                                   suspect --- lease over ---> dead --- 60 s ---> (forgotten)
 *
 * An event changes facts; the state follows from the facts; what must be done follows from the change (step.ts).
 * All times are milliseconds of the monotonic clock.
 */
export interface Worker {
  readonly registration: Registration;
  /** `configured`: stands in the configuration, has no lease and is never forgotten. */
  readonly origin: "configured" | "joined";
  /** What the first check is, and whether checks go on. */
  readonly gate: Gate;
  /** The first check of this life passed, here or at a peer. Nobody gets requests before it. */
  readonly admitted: boolean;
  /** Last sign of life that came to this controller. */
  readonly renewedAt: number;
  /** Session with this controller. */
  readonly session: "none" | "held" | "silent" | "lost";
  /** Peers that hold a session with it. */
  readonly peers: readonly string[];
  /** Joined with the SDK (at this controller or a peer). */
  readonly sdk: boolean;
  /** Its event loop is stuck, by its own watch thread. */
  readonly blocked: boolean;
  /** Since its last sign of life it was asked for one: its session stands, and said nothing for most of the lease. */
  readonly asked: boolean;
  /** Nothing is heard of it, and the fleet's rules let that count. */
  readonly silence: "session-lost" | "lease-expired" | undefined;
  readonly evidence: EvidenceFact | undefined;
  readonly checks: CheckFact;
  /** Probes in a row that did not bring it back. */
  readonly probesFailed: number;
  readonly drain: { readonly operator: boolean; readonly worker: boolean };
  readonly left: boolean;
  /** Given up: nothing brings it back but a sign of life. */
  readonly dead: boolean;
  readonly flaps: Flaps;
  readonly state: WorkerState;
  /** Of one that was found so: no later than this. */
  readonly stateSince: number;
  /** In this state it was found: this controller did not see it begin (since.ts). */
  readonly found: boolean;
}

/** Identity, address and wishes of a worker; does not change but for the wishes, until a life begins, or begins anew. */
export interface Registration {
  readonly service: string;
  readonly id: string;
  readonly address: string;
  readonly generation: number;
  /**
   * SDK workers: when a controller first welcomed this life, by the clock that all controllers share (on one host its
   * monotonic clock; see ClusterClock). It orders lives where generations cannot (generation.ts).
   */
  readonly begunAtMs?: number;
  readonly ttlMs: number;
  readonly weight: number;
  readonly version?: string;
  readonly zone?: string;
  /** Configured workers: gets requests only where no other worker is free. */
  readonly backup?: boolean;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly maxInFlight?: number;
  readonly keepAliveMs?: number;
  /** SDK workers: where the proxies may open a link. The key is a secret. */
  readonly link?: { readonly port: number; readonly key: string; readonly sealed?: true | undefined };
  /** Configured workers: the host's name as written, for its certificate. */
  readonly serverName?: string;
}

/**
 * `open`: no check at all, admitted at once. `connect`: one TCP connect admits. `checked`: the configured check
 * admits, and goes on while there is no session.
 */
export type Gate =
  | { readonly kind: "open" }
  | { readonly kind: "connect" }
  | { readonly kind: "checked"; readonly fall: number; readonly rise: number };

/** Evidence that stands against the worker. */
export interface EvidenceFact {
  /**
   * `refused` is hard, until a connect succeeds. `stalled` is soft, until a byte is answered: a stopped process still
   * accepts connections. `failing` (also: connects time out) is soft and fades.
   */
  readonly cause: "refused" | "stalled" | "failing";
  readonly since: number;
}

export interface CheckFact {
  readonly failedInRow: number;
  readonly passedInRow: number;
  /** `fall` was reached, and `rise` not since. */
  readonly failed: boolean;
}

export interface Flaps {
  /** When it went out after a short life, within the last minute. */
  readonly outAt: readonly number[];
  /** Hold-downs so far; the next is twice as long as the last. */
  readonly holds: number;
  readonly heldUntil: number;
}

export type Cause =
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

export type WorkerState =
  | { readonly kind: "live" }
  | { readonly kind: "suspect"; readonly cause: Cause; readonly strength: "hard" | "soft" }
  | { readonly kind: "draining" }
  | { readonly kind: "left" }
  | { readonly kind: "dead" };

/** What every decision takes from outside the worker. */
export interface Surroundings {
  readonly now: number;
  /** Everyone has a lease that begins no earlier: raised after a pause of this very process. */
  readonly freshAt: number;
  /** The fleet's rules allow that silence alone takes a worker out. See fleet.ts. */
  readonly mayEvict: boolean;
  /** Enough others live: a flapping worker may be held down. */
  readonly mayHold: boolean;
  /** Another worker of the service is live: this one may be given up for silence. */
  readonly othersLive: boolean;
  /** Its service has TLS of its own: it is spoken to at its address, whatever link it has. */
  readonly ownTls?: boolean;
}

export const registryNumbers = {
  /** A dead or departed worker stays visible so long. */
  visibleMs: 60_000,
  /** A configured worker whose connections are refused so long is called dead (and still checked). */
  configuredDeadAfterMs: 10_000,
  probeFirstMs: 100,
  /** After a lost session: the kernel closes a killed process' sockets one by one. */
  probeAfterLossMs: 20,
  probeMsMax: 1_000,
  /** Soft evidence that no probe can refute. */
  failingMs: 5_000,
  /** So long after a pause of this process a lost session is no silence: the worker may have given us up. */
  wokenMs: 1_000,
  /** A silent worker whose eviction was not allowed is looked at again after this. */
  retryEvictionMs: 500,
} as const;
