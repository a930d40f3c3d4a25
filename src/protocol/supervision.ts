import type { ConfigurationValue } from "./evaluation.ts";
import type { Reception, StoreSettings, TrafficConfiguration } from "./configuration.ts";

/**
 * Between the supervisor and what it holds, on a unix socket in the state directory: one JSON text per line.
 * A child that loses the connection serves on and connects again; the supervisor that answers then adopts it.
 */
export type ChildRole = "proxy" | "controller";

/** With which proxies seal TLS session tickets: whoever has it can read what was sent in sessions of TLS 1.2. */
export interface TicketKey {
  /** 48 bytes, base64. */
  key: string;
  /** Milliseconds of the host's monotonic clock. Of two keys the younger counts. */
  bornAt: number;
}

/** What a proxy made of the files of a certificate. */
export interface CertificateState {
  /** The certificate's, as configured. */
  file: string;
  /** As in the routing table to which this is the answer. */
  wanted: string;
  /** Of the content in use; empty: there is none, and its listener serves without it, if it can. */
  digest: string;
  /** Hosts that it is for. */
  names: string[];
  /** Seconds since 1970; 0 without content. */
  notAfter: number;
  /** Why the files could not be taken when that was tried last; null: they were. */
  fault: string | null;
}

/** What a child tells of itself with each pong. */
export interface ChildWord {
  term: number;
  leader: boolean;
  /** A proxy: the revision of the configuration in the store by which it serves. */
  serves?: number;
  /** A controller. Not before it was sent one; not by older versions. */
  configured?: ConfigurationWord;
  /** A controller whose control API has TLS: what it shows. Not by older versions. */
  certificate?: ControlCertificate;
}

/** The cluster's own, on this host. */
export interface ControlCertificate {
  file: string;
  /** Seconds since 1970. */
  notAfter: number;
}

/** A controller, about the configuration that it was sent. */
export interface ConfigurationWord {
  digest: string;
  /** Of it in the store; null: another one stands there. */
  revision: number | null;
  /** A controller of another gateway leads: only it writes. */
  ledElsewhere: boolean;
}

/** Whether the configuration from the file is in force. */
export type Force =
  | { kind: "in-force" }
  /** Another one is, of the gateway whose controller leads. */
  | { kind: "elsewhere" }
  /** `proxies`: those that serve by one before it; none: it is not even in the store. */
  | { kind: "awaited"; proxies: string[] };

export type ChildFrame =
  | {
      t: "hello";
      role: ChildRole;
      /** `proxy-1`, `controller-2`: unique among the living of one gateway. */
      name: string;
      pid: number;
      /** One life of this process. */
      instance: string;
      /** Of the package, to see after an upgrade who is old. */
      version: string;
      /** Counts the replacements of a gateway's processes: an upgrade or a change of listeners raises it. */
      epoch: number;
      /** The one that this proxy has: a supervisor that follows another one learns it from them. */
      ticketKey?: TicketKey;
    }
  /** A proxy, about the certificates of its routing table: after each reading, and to each new supervisor. */
  | { t: "certificates"; certificates: CertificateState[] }
  | { t: "ready" }
  | ({ t: "pong"; n: number } & ChildWord)
  /** It drains without having been told so: whoever takes its place is started now. Not said by older versions. */
  | { t: "leaving" }
  | { t: "drained" }
  /** An operator's word, relayed by the CLI on the same socket. */
  | { t: "command"; command: SupervisorCommand };

export type SupervisorCommand =
  | { name: "status" }
  | { name: "reload" }
  | { name: "upgrade" }
  /** Politely, or without waiting for what is in flight. Not said by older CLIs: politely the first time, at once the second. */
  | { name: "stop"; urgent?: boolean }
  /** From the supervisor that an `upgrade` has started: it is ready to take over. */
  | { name: "hand-over"; pid: number };

export type SupervisorFrame =
  /** `delayMs`: how late the supervisor came to its tick, the worst of the last 15. */
  | { t: "ping"; n: number; delayMs?: number }
  /**
   * To controllers: the configuration from the file. The leader writes it if it differs from the store's. `listen`:
   * the addresses of the gateway itself, which no worker may register. `told`: for people; not by older supervisors.
   */
  | {
      t: "configuration";
      traffic: TrafficConfiguration;
      digest: string;
      listen: string[];
      told?: { file: string | null; values: ConfigurationValue[] };
    }
  /** To proxies: from now on this one. It is kept in memory alone. */
  | { t: "ticket-key"; ticketKey: TicketKey }
  /** To proxies: so many there are to be, with whom this one shares what the gateway may do once. */
  | { t: "siblings"; proxies: number }
  /** To controllers: that controller's process has ended (by its instance). A standby may take over at once. */
  | { t: "controller-exited"; name: string; instance: string }
  /**
   * Finish what is in flight, take nothing new, say `drained`, exit. For `idleMs` (default 0) connections on which
   * nothing is under way are kept, as a request may be on its way to them; its answer closes the connection.
   */
  | { t: "drain"; withinMs: number; idleMs?: number }
  | { t: "reply"; ok: true; status: GatewayStatus }
  | { t: "reply"; ok: false; code: string; detail: string };

export interface CertificateStatus {
  file: string;
  digest: string;
  proxies: { name: string; state: CertificateState | null }[];
}

export interface GatewayStatus {
  v: 1;
  supervisor: { pid: number; startedAt: string; version: string };
  children: {
    role: ChildRole;
    name: string;
    pid: number;
    state: string;
    leader: boolean;
    restarts: number;
  }[];
  listen: string[];
  /** The same with their schemes. This, `warnings` and `certificates` are not told by older versions. */
  urls?: string[];
  control: string;
  state: string;
  /**
   * `error`: why the last reload was refused; the configuration before it is in force. `warnings`: what is allowed in
   * it, and may be a mistake.
   */
  configuration: {
    file: string | null;
    digest: string;
    error: string | null;
    warnings?: string[];
    /** Not by older versions, nor where proxies follow controllers of other hosts. */
    force?: Force;
  };
  /** What the configuration names, and what the proxies made of it; null: one has not told yet. */
  certificates?: CertificateStatus[];
  /** In use, of several the one that ends first. Unset: the control API is plain text, or no controller has told yet. Not by older versions. */
  controlCertificate?: ControlCertificate;
  /** Processes are being replaced one by one (`upgrade`, changed listeners); `old` are still to go. */
  roll: { old: number; draining: number; failed: string | null };
  stopping: boolean;
}

/**
 * What a supervisor finds in `SKEIN_SUPERVISOR` (JSON) when another process of the gateway starts it: an orphaned
 * child, or the supervisor before it (`upgrade`). `fd` numbers are those of the new process.
 */
export interface SupervisorAssignment {
  cause: "orphaned" | "upgrade";
  state: string;
  listeners: { name: string; fd: number }[];
  control: ControlSocket;
}

/** The socket that all controllers of a gateway accept from, so they must all speak the same on it. */
export interface ControlSocket {
  address: string;
  fd: number;
  /** With TLS or in plain text: decided at the gateway's start, and handed on with the socket. Not told by older versions. */
  secure?: boolean;
}

/** Written to the state directory as `gateway.json`: how the CLI and the SDK find a gateway on this host. */
export interface GatewayFile {
  v: 1;
  pid: number;
  control: string;
  /** The same with its scheme. Not written by older versions. */
  controlUrl?: string;
  listen: string[];
  /** The same with their schemes. Not written by older versions. */
  urls?: string[];
  startedAt: string;
  version: string;
}

/**
 * What a child finds in `SKEIN_CHILD` (JSON; see `longVariable`). Descriptors are inherited: `fd` numbers are those of the child.
 * A proxy holds every descriptor, also those that it does not use: as an orphan it hands them to a new supervisor.
 */
export interface ChildAssignment {
  role: ChildRole;
  name: string;
  epoch: number;
  state: string;
  listeners: { name: string; fd: number }[];
  control: ControlSocket;
  store: StoreSettings;
  /** On a host without controllers: those that its proxies follow, and what clients find at its own listeners. */
  follow?: { urls: string[]; receptions: Record<string, Reception> };
  /** How to start the supervisor anew: its arguments after the entry file. */
  supervisor: { args: string[] };
}

/** With which a process tells the one that started it why it ended, beyond the usual 0 (asked to) and 1 (failed). */
export const exitCodes = {
  /** Controller: the store's file must not be used. Stop every controller, run store/repair-main, start them. */
  storeCorrupt: 65,
  /** Supervisor: a listener's address is taken, and its socket was not handed over. Who has it should start the supervisor. */
  addressInUse: 66,
} as const;
