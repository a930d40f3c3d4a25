import type { PriorityRules } from "../core/admission/priority.ts";
import type { Policy } from "../core/balancing/candidate.ts";
import type { SubsetRule } from "../core/balancing/subsets.ts";

/**
 * The resolved configuration: every default filled in, JSON only. `config/` makes it from what people write;
 * nobody else fills in defaults. Durations are milliseconds, sizes are bytes.
 */

/** An address the gateway listens on. `port` 0 is not allowed here except for tests: an ephemeral port. */
export interface ListenAddress {
  host: string;
  port: number;
}

export interface Listener extends ListenAddress {
  /** Unique; `host:port` as configured. Identifies the socket across reloads. */
  name: string;
}

/** What the supervisor needs: processes, sockets, places. Changes of it are applied on reload where possible. */
export interface GatewayConfiguration {
  listeners: Listener[];
  /** The control API's door. */
  control: ListenAddress;
  /** URLs of controllers of other hosts: this one has proxies only, which follow them. */
  join?: string[];
  /** It may be served to other hosts in plain text. */
  insecurePlainControl?: true;
  state: string;
  proxies: number;
  controllers: number;
  store: StoreSettings;
  traffic: TrafficConfiguration;
}

/** Where the controllers share what must be agreed. */
export type StoreSettings = { driver: "memory" } | { driver: "sqlite" } | ({ driver: "etcd" } & EtcdSettings);

export interface EtcdSettings {
  /** `host:port` of each member; at least one. */
  endpoints: string[];
  /** Every key begins with it and a slash: several clusters can share one etcd. */
  prefix: string;
  /** `passwordFile` is absolute. */
  user?: { name: string; passwordFile: string };
  /** Paths are absolute. Without `ca`: the system's authorities. Left out: plain HTTP. */
  tls?: { ca?: string; cert?: string; key?: string };
}

/** What the cluster needs: kept in the store with a revision, and handed to the proxies in the routing table. */
export interface TrafficConfiguration {
  services: Record<string, Service>;
  /** In order of precedence: the first that matches wins. */
  routes: Route[];
  proxy: ProxySettings;
  registration: RegistrationRules;
}

export interface Service {
  name: string;
  /** Workers written in the configuration. */
  workers: StaticWorker[];
  /** How workers without a session are checked. `none`: they count as live until evidence says otherwise. */
  check: Check;
  policy: Policy;
  /** Of a policy by key. */
  policyKey?: RequestKey;
  /** Of a policy by key: see `PolicySettings`. */
  loadBound?: number;
  /** Of a policy that draws: see `PolicySettings`. */
  aperture?: number | "all";
  slowStartMs: number;
  /** By name: see `Subsets`. */
  subsets?: Record<string, SubsetRule>;
  /** Clients stay with their worker. */
  sticky?: Sticky;
  /** Workers of the gateway's own zone go first. */
  preferZone?: boolean;
  /** Requests in flight per worker and proxy, above which a worker is full. Unset: no limit. */
  maxInFlight?: number;
  queue: { max: number; waitMs: number };
  /** What the requests that wait are told apart by: each of these gets the same share. Unset: the client's address. */
  fairBy?: RequestKey;
  /** See `AdaptiveLimit`. Unset: on, with the defaults. */
  adaptiveLimit?: false | { min: number };
  drainMs: number;
  /** A worker that answers far more slowly than the others is out for a time: see `slowAmong`. */
  ejectSlow?: boolean;
  /** A request that may be repeated and whose answer is late is sent to a second worker too. */
  hedge?: boolean;
  /** Unset: the workers are spoken to in clear. */
  tls?: WorkerTls;
}

/** The cookie by which a client comes back to the worker that answered it first. */
export interface Sticky {
  cookie: string;
  /** What follows its value: `; Path=/; HttpOnly; SameSite=Lax`, and `; Max-Age=n` where it outlives the browser. */
  attributes: string;
  /** Absolute. Whoever needs the key reads it, and tells it to nobody. Unset: the gateway's own. */
  keyFile?: { file: string } & FileDigest;
}

/** What keeps requests together. Names of headers in lower case. */
export type RequestKey =
  | { from: "address" | "host" | "path" }
  | { from: "header" | "cookie" | "query"; name: string };

/** How the workers of a service show who they are. */
export interface WorkerTls {
  /** PEM file of the authorities that count, absolute; unset: those that Node knows. */
  ca?: { file: string } & FileDigest;
  /** The name that a worker's certificate must bear. Unset: its host's name as configured, else its IP address. */
  serverName?: string;
  /** False: any certificate is taken, also an attacker's. */
  verify: boolean;
}

export interface StaticWorker {
  id: string;
  /** host:port */
  address: string;
  weight: number;
  zone?: string;
  version?: string;
  tags?: string[];
  metadata?: Record<string, string>;
  /** Gets requests only where no other worker is free. */
  backup?: boolean;
  /** The host's name as configured, where the service speaks TLS. */
  serverName?: string;
}

export type Check =
  | { kind: "none" }
  | { kind: "tcp"; everyMs: number; timeoutMs: number; fall: number; rise: number }
  | { kind: "http"; path: string; everyMs: number; timeoutMs: number; fall: number; rise: number };

export interface Route {
  /** As the user wrote it; unique. */
  name: string;
  match: RouteMatch;
  /** Lower goes first, whatever else holds. Unset: 0. */
  order?: number;
  /** One or more services, or subsets of them, with weights; more than one is a split. */
  to: RouteTarget[];
  /** Prefix of the path that is taken off (and `with` put in its place) before forwarding. */
  rewrite?: { prefix: string; with: string };
  /** Response head within this time. */
  headTimeoutMs: number;
  /** Protocols besides `websocket` that this route may upgrade to, lower case. */
  upgrades: string[];
  /** Request body at most this many bytes; unset: unlimited. */
  bodyBytesMax?: number;
  /** Accept %2f, %5c in the path. `..` segments and %00 stay refused. */
  allowEncodedSlash: boolean;
  /** Retry idempotent requests. */
  retry: boolean;
  /** A request with an Idempotency-Key counts as idempotent whatever its method. */
  idempotencyKey?: boolean;
  /** Unset: any number of requests. */
  rateLimit?: RateLimit;
  /** Which class its requests are of where not all can be served. Unset: normal. */
  priority?: PriorityRules;
}

export interface RouteTarget {
  service: string;
  /** One of the service's; unset: any of its workers. */
  subset?: string;
  weight: number;
}

/** So many requests of one key in a time, over all proxies together; see `RateTable`. */
export interface RateLimit {
  requests: number;
  perMs: number;
  burst: number;
  key: RequestKey;
}

export interface RouteMatch {
  /** Lower case, without port. `*.example.com` matches one or more labels. Empty: any host. */
  hosts: string[];
  path: PathMatch;
  /** Upper case. Empty: any method. */
  methods: string[];
  headers: Condition[];
  query: Condition[];
}

export type PathMatch =
  | { kind: "exact"; path: string }
  /** Aligned to segments: `/a` matches `/a`, `/a/` and `/a/b`, never `/ab`. `/` matches everything. */
  | { kind: "prefix"; path: string }
  /** Segments; `:name` matches one segment, a last `*` matches the rest. */
  | { kind: "pattern"; segments: string[] };

/** `value` unset: the name must be present. Header names in lower case. */
export interface Condition {
  name: string;
  value?: string;
}

/** What a client finds at a listener. */
export type Reception =
  | { kind: "http" }
  /** Every request is sent on to the same host under https, at this port. */
  | { kind: "redirect"; port: number }
  | {
      kind: "https";
      /** The first one serves who names no host, or a host of none. */
      certificates: CertificateFiles[];
      minVersion: "TLSv1.2" | "TLSv1.3";
      /** Value of Strict-Transport-Security; unset: not sent. */
      strictTransport?: string;
    };

/** Tells what a file held when the configuration was read. A new one makes whoever needs the file read it again. */
export interface FileDigest {
  /** In a routing table: on the host that the table is for, as far as that one's own configuration names the file. */
  digest: string;
  /** In routing tables alone: on the host whose configuration is in the store, where it is another. A new one means the same. */
  stored?: string;
}

/**
 * Two PEM files by their absolute paths. Whoever needs their content reads it, and tells it to nobody. The digest is of the
 * certificates in `cert`.
 */
export interface CertificateFiles extends FileDigest {
  cert: string;
  key: string;
}

export interface ProxySettings {
  /** By the name of the listener. Absent in configurations written before there were any but `http`. */
  receptions?: Record<string, Reception>;
  /** CIDR ranges of peers whose X-Forwarded-* and Forwarded count. */
  trustedProxies: string[];
  limits: {
    headBytesMax: number;
    fieldsMax: number;
    targetBytesMax: number;
    requestsPerConnectionMax: number;
    connectionAgeMsMax: number;
    replayBodyBytesMax: number;
    /** Of a request's body, as long as nothing of the answer has come. 0: any. */
    bodyBytesPerSecondMin: number;
    workerHeadBytesMax: number;
    workerFieldsMax: number;
    /** Client connections per proxy process. */
    connectionsMax: number;
    /** By one address, trusted proxies apart. 0 or absent: any number. */
    connectionsPerAddressMax?: number;
  };
  timeouts: {
    /** From the first byte of a request's head to its end. */
    headMs: number;
    /** From a connection to the end of its TLS handshake. */
    handshakeMs?: number;
    idleClientMs: number;
    /** No byte of a request body, or none of an answer taken by the client, for this long. */
    stalledClientMs: number;
    connectMs: number;
    /** Longest idle time of a connection to a worker, where the worker gives no hint. */
    idleWorkerMs: number;
    /** With no candidate at all, wait this long for one. */
    noWorkerWaitMs: number;
  };
  retryBudget: { ratio: number; reserve: number; perSecondMin: number };
  /** `false`, `stdout`, or a file's path. */
  accessLog: false | string;
  /** Which requests it tells. Absent: all, without headers. Failed and slow ones are always told. */
  accessLogLines?: { sample: number; headers: string[] };
  /** Which requests are kept for `skein why`. Absent in configurations written before there was any of it. */
  requests?: RequestSettings;
  /** Absent: no traces; what clients send of theirs is passed on. */
  traces?: TraceSettings;
  /** A page of HTML for browsers in place of the gateway's JSON. Absent: yes. */
  errorPages?: boolean;
  /** Put a hint what to do into the gateway's own answers (`skein dev`, `skein demo`). */
  hints: boolean;
}

export interface RequestSettings {
  /** An answer that begins later is slow. */
  slowMs: number;
  /** Of the others, so many in each second, by each proxy. */
  samplesPerSecond: number;
  /** Records of each cause, in each proxy. */
  keep: number;
  /** Lower case: names of the query whose values are secret, besides those that look like it. */
  redact: string[];
}

/** Which addresses a worker may register (SECURITY: choosing where traffic goes). */
export interface RegistrationRules {
  /** CIDR ranges allowed besides the peer's own address. Loopback is allowed only to loopback peers. */
  allow: string[];
  workersMax: number;
  metadataBytesMax: number;
}

/** Which requests are recorded as spans, and where these go: to a collector, by OTLP over HTTP. */
export interface TraceSettings {
  /** The whole URL, http or https. No secret is in it. */
  endpoint: string;
  /** Absolute. Lines `Name: value` that go with each batch; read by the proxies alone, for they are secrets. */
  headersFile?: string;
  /** PEM file of the authorities that count for the endpoint, absolute. Absent: those that Node knows. */
  caFile?: string;
  /** Of the traces that begin here, those that are recorded: 0 to 1. */
  share: number;
  /** Whose traces are gone on with, and recorded if they say so. */
  follow: "anyone" | "trusted";
  /** Attributes of every span's resource, `service.name` among them. */
  resource: Record<string, string>;
  /** Spans that wait in one proxy at most. */
  queueMax: number;
  /** Spans that are sent at once, at most, and how long a span waits for others. */
  batchMax: number;
  everyMs: number;
  /** Longest wait for the collector's answer. */
  timeoutMs: number;
}
