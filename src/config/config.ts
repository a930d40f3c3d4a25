import type { Priority } from "../core/admission/priority.ts";
import type { Policy } from "../core/balancing/candidate.ts";
/**
 * What people write in a configuration. Every key is optional. Durations are milliseconds or a text like
 * `"30s"` (ms, s, m, h, d); sizes are bytes or a text like `"64KiB"` (B, KB, MB, GB, KiB, MiB, GiB).
 */
export interface SkeinConfig {
  /** Of a JSON file, for editors. */
  $schema?: string | undefined;
  /** Where clients connect: `":8080"` (every IPv4 address), `"127.0.0.1:8080"`, `"[::]:8080"`, more about one as an object, or a list of these. Default `":8080"`. */
  listen?: Address | ListenerConfig | (Address | ListenerConfig)[] | undefined;
  /** TLS on every listener that says nothing of its own about it. A list is short for `{ "certificates": [...] }`. */
  tls?: TlsConfig | CertificateConfig[] | undefined;
  /** Where the control API listens: workers join and operators ask there. Beyond loopback everything needs a token. Default `"127.0.0.1:7600"`. */
  control?: Address | undefined;
  /** `"proxy"`: only proxies run here, and follow the controllers that `join` names. Default `"gateway"`. */
  role?: "gateway" | "proxy" | undefined;
  /** Control addresses of gateways on other hosts (`"10.0.0.5:7600"`), for `role: "proxy"`. They let in who has a join token of the scope `gateway`. */
  join?: string | string[] | undefined;
  /** `true`: the control API may be served to other hosts in plain text, with tokens and keys of links that everybody on the network can read. Default `false`: there it needs the certificates of `skein ca issue`. What is spoken there is decided at the start and stays until the gateway is stopped. */
  insecurePlainControl?: boolean | undefined;
  /** Directory for what must outlive a restart, relative to this file. Default `"./.skein"` where the command runs. */
  state?: string | undefined;
  /** Proxy processes. More: more cores used. Default: one per core. */
  proxies?: number | undefined;
  /** Controller processes, 1 to 3. One leads, the others stand by. Default 2. */
  controllers?: number | undefined;
  /** `"sqlite"` survives a restart of everything, `"memory"` does not; for several hosts `"etcd://host:2379,host:2379"` (`etcds://` with TLS), or more about it as an object. Default `"sqlite"`. */
  store?: string | EtcdConfig | undefined;
  /** By name. A service that is only named in a route needs no entry: its workers join by themselves. A list is short for `{ "workers": [...] }`. */
  services?: Record<string, ServiceConfig | WorkerConfig[]> | undefined;
  /** By `/path` or `host/path`: `/a` is that path alone, `/a/*` it and all below, `/a/:id` any one segment, `/` everything. Most specific first, then in the order written. */
  routes?: Record<string, string | RouteConfig | (string | RouteConfig)[]> | undefined;
  /** CIDR ranges of proxies in front whose X-Forwarded-* and Forwarded headers count. Behind them the client, for keys, logs and records, is the last address of X-Forwarded-For that is not in these ranges itself (the first, if all are; the proxy in front, where something else than an address stands there); a port behind it does not count. Default: none. */
  trustedProxies?: string[] | undefined;
  /** Bounds on what a client or worker may send. */
  limits?: LimitsConfig | undefined;
  /** How long the gateway waits. The time for an answer is set by route. */
  timeouts?: TimeoutsConfig | undefined;
  /** How many retries may be added to the traffic of a service. */
  retryBudget?: RetryBudgetConfig | undefined;
  /** One JSON line for each request: `true` or `"stdout"`, a file's path, or `false`; more about it as an object. Default `false`. */
  accessLog?: boolean | string | AccessLogConfig | undefined;
  /** Which requests the proxies remember for `skein why` and the dashboard. */
  requests?: RequestsConfig | undefined;
  /** Records requests as spans and sends these to a collector, by OTLP over HTTP. docs/traces.md says how. Default `false`: trace contexts that clients send are passed on as they came. */
  traces?: false | TracesConfig | undefined;
  /** Browsers get the gateway's own answers as a page. `false`: everybody gets JSON. Default `true`. */
  errorPages?: boolean | undefined;
  /** Who may join as a worker. */
  registration?: RegistrationConfig | undefined;
}

/** `"host:port"`, `":port"` or a port. */
export type Address = string | number;
/** Milliseconds, or a text like `"30s"`. */
export type Duration = number | string;
/** Bytes, or a text like `"64KiB"`. */
export type Size = number | string;

export interface ListenerConfig {
  /** `":8443"`, as in `listen` alone. */
  address: Address;
  /** Clients speak HTTPS here. `false`: they do not, although there is `tls` for all. */
  tls?: TlsConfig | CertificateConfig[] | false | undefined;
  /** Every request is sent on (308) to the same URL under https: `"https"` at the port of the first listener with TLS, or at this port. */
  redirect?: "https" | RedirectConfig | undefined;
}

export interface RedirectConfig {
  /** As clients see it: behind a port mapping it may be another than that of a listener. */
  port: number;
}

export interface TlsConfig {
  /** PEM file: the certificate, then those between it and an authority. Relative to this file. */
  cert?: string | undefined;
  /** PEM file: its private key, without a passphrase. Each proxy reads it; nobody else does. */
  key?: string | undefined;
  /** Several, for several hosts. Each serves the DNS names in it; the first also those that name no host, or one of none. */
  certificates?: CertificateConfig[] | undefined;
  /** Default `"TLSv1.2"`. Higher: older clients are refused. */
  minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  /** Tells browsers to use only https with this host from now on (Strict-Transport-Security): `true` for a year, or for so long. They do not forget it sooner. Default `false`. */
  hsts?: boolean | Duration | HstsConfig | undefined;
}

export interface CertificateConfig {
  /** PEM file: the certificate, then those between it and an authority. */
  cert: string;
  /** PEM file: its private key, without a passphrase. */
  key: string;
}

export interface HstsConfig {
  /** Default `"365d"`. */
  maxAge?: Duration | undefined;
  /** Also for every host below. Default `false`. */
  includeSubDomains?: boolean | undefined;
  /** Agrees to a place in the lists that browsers are shipped with. Hard to undo. Default `false`. */
  preload?: boolean | undefined;
}

export interface EtcdConfig {
  /** Its members: `"host:port"` each. */
  etcd: string[];
  /** Every key begins with it: several clusters can share one etcd. Default `"skein"`. */
  prefix?: string | undefined;
  /** A user of etcd that may read and write the prefix. Default: none. */
  user?: string | undefined;
  /** Holds the user's password. Relative to this file. */
  passwordFile?: string | undefined;
  /** TLS to etcd: `true` with the authorities of the system, or files. Default: plain HTTP. */
  tls?: true | EtcdTlsConfig | undefined;
}

export interface EtcdTlsConfig {
  /** PEM file: the authority of etcd's certificates. Default: those of the system. */
  ca?: string | undefined;
  /** PEM file: our certificate, where etcd wants one. */
  cert?: string | undefined;
  /** PEM file: its private key. */
  key?: string | undefined;
}

export interface PolicyConfig {
  /** The policy's name. */
  use: Policy;
  /** Of a policy by key, what keeps requests together: `"address"` (the client's), `"host"`, `"path"`, `"header:NAME"`, `"cookie:NAME"`, `"query:NAME"`. Requests without it are spread by chance. Default `"address"`. */
  key?: string | undefined;
  /** Of a policy by key: a worker with more than so many times its fair share of the requests in flight is passed over, 1.05 to 100; 1.25 is usual. Default: no bound. */
  bound?: number | undefined;
  /** Of a policy that draws by chance: how many workers a proxy has in use at least, 8 to 100,000, or `"all"`. Others come in as soon as those are busy, and by turns. Fewer keep connections and caches warm where workers are very many; more spread what little there is to do. Default 64: below that nothing changes. */
  aperture?: number | "all" | undefined;
}

export interface ServiceConfig {
  /** Workers at fixed addresses. Others join by themselves. */
  workers?: WorkerConfig[] | undefined;
  /** How workers without a session are checked: `{ "http": "/healthz" }`, `{ "tcp": true }`, or `false` for never (one that refused connections is still asked whether it listens again). Default `{ "tcp": true }`. */
  check?: CheckConfig | false | undefined;
  /** Who gets a request: `"least-wait"`, `"prequal"`, `"peak-ewma"`, `"p2c"`, `"least-in-flight"`, `"round-robin"`, `"random"`; by key `"rendezvous"`, `"ring-hash"`, `"maglev"`. docs/balancing.md says when to take which. Default `"least-wait"`: of five the one where it is expected to wait least. */
  policy?: Policy | PolicyConfig | undefined;
  /** By name, groups of its workers that a route may name as `"web:canary"`. docs/balancing.md shows how. Default: none. */
  subsets?: Record<string, SubsetConfig> | undefined;
  /** A client stays with the worker that answered it first, by a signed cookie, as long as that worker is in: `true`, or more about it as an object. Load is spread less evenly: docs/balancing.md says when to take it. Default `false`. */
  sticky?: boolean | StickyConfig | undefined;
  /** Workers of the gateway's own zone (its `SKEIN_ZONE`) go first; others help where these have twice as much to do. Default `false`. */
  preferZone?: boolean | undefined;
  /** A new worker's share grows to the full one in this time. Default `"10s"`. */
  slowStart?: Duration | undefined;
  /** Requests in flight for each worker and proxy; at this many a worker is full. Default: no limit. */
  maxInFlight?: number | undefined;
  /** Requests that may wait for an answer of one worker at once, found by each proxy itself: there is no limit until a worker shows that requests queue in it. `false`: never. docs/overload.md says how. Default: on. */
  adaptiveLimit?: boolean | AdaptiveLimitConfig | undefined;
  /** Where requests wait while every worker is full. */
  queue?: QueueConfig | undefined;
  /** What the requests that wait are told apart by, so that each of these gets the same share: `"address"` (the client's), `"host"`, `"path"`, `"header:NAME"`, `"cookie:NAME"`, `"query:NAME"`. Default `"address"`. */
  fairBy?: string | undefined;
  /** A worker that drains has this long to finish what is in flight. Default `"30s"`. */
  drain?: Duration | undefined;
  /** A request that may be repeated and is not answered within the time of 95 of 100 (at least 20 ms) is sent to a second worker too; whoever answers first is taken, the other is cancelled. Against rare slowness of single workers: of all requests up to 5 % are sent twice, within `retryBudget`. Default `false`. */
  hedge?: boolean | undefined;
  /** A worker whose usual time is over five times the median of the service's workers, and 50 ms above it, for three seconds, is out for 5 s and longer each time; at most a fifth of them, but always one. For policies that look at no latency, the default one avoids such a worker by itself; docs/balancing.md has the figures. Default `false`. */
  ejectSlow?: boolean | undefined;
  /** Its workers speak HTTPS, checks included: `true` for certificates that Node trusts, or whom to trust. Default `false`: in clear. */
  tls?: boolean | WorkerTlsConfig | undefined;
}

/** Of a worker, all of this must be true; at least one must be written. */
export interface SubsetConfig {
  /** The version that it tells. */
  version?: string | undefined;
  /** It bears all of these. */
  tags?: string[] | undefined;
  /** It has all of these, key and value. */
  metadata?: Record<string, string> | undefined;
  /** The zone that it tells. */
  zone?: string | undefined;
  /** Who serves while no worker of the subset may be chosen: `"none"` (503 after `timeouts.noWorkerWait`), `"any"` worker of the service, or another subset by its name. Default `"none"`. */
  otherwise?: string | undefined;
}

export interface StickyConfig {
  /** Its name. Default `"skein-"` and the service's name: two services under one host must not share one. */
  cookie?: string | undefined;
  /** It outlives the browser for so long, counted from when it was set. Default: it ends with the browser. */
  maxAge?: Duration | undefined;
  /** Browsers send it with this path and all below. Default `"/"`. */
  path?: string | undefined;
  /** Holds the key that signs it, 32 characters or more, the same at every gateway; relative to this file. Default: a key of this gateway's own in its state directory, so that clients who come to another gateway are bound anew. */
  keyFile?: string | undefined;
}

export interface WorkerTlsConfig {
  /** PEM file of the authorities that count, and no others. Default: those that Node knows. */
  ca?: string | undefined;
  /** The name that every worker's certificate must bear. Default: its host as written, else its IP address. */
  name?: string | undefined;
  /** Takes any certificate: encrypted, but to whom nobody knows. For trials only. Default `false`. */
  insecureSkipVerify?: boolean | undefined;
}

/** What a worker says of itself. */
export type LabelsConfig = Pick<WorkerEntryConfig, "version" | "tags" | "metadata">;

export type WorkerConfig = string | WorkerEntryConfig;

export interface WorkerEntryConfig {
  /** `host:port`. A name is resolved once, when the configuration is read. */
  address: string;
  /** Default: the address as written. */
  id?: string | undefined;
  /** Share of the requests in proportion to the other workers, 0 to 1000. Default 1. */
  weight?: number | undefined;
  /** Where it runs: see `preferZone`. */
  zone?: string | undefined;
  /** What subsets go by, as other workers tell it when they join. */
  version?: string | undefined;
  /** Likewise. */
  tags?: string[] | undefined;
  /** Likewise. */
  metadata?: Record<string, string> | undefined;
  /** Gets requests only where no other worker is free. Default `false`. */
  backup?: boolean | undefined;
}

export interface CheckConfig {
  /** Path to GET; an answer 200 to 399 is healthy. */
  http?: string | undefined;
  /** A TCP connect is enough. */
  tcp?: true | undefined;
  /** Default `"2s"`. Lower: a fault is seen sooner, more checks. */
  every?: Duration | undefined;
  /** Default `"1s"`. */
  timeout?: Duration | undefined;
  /** Failed checks in a row until a worker is out. Default 3. */
  fall?: number | undefined;
  /** Passed checks in a row until it is back. Default 2. */
  rise?: number | undefined;
}

export interface AdaptiveLimitConfig {
  /** A worker may always have so many from each proxy. Lower: a worker that serves one at a time never has a second one waiting in it. Higher: nothing below it is ever held up. Default 2; and four are never taken for a queue. */
  least?: number | undefined;
}

export interface QueueConfig {
  /** Requests that wait for one service in one proxy; as many again for each of its subsets. Higher: longer bursts are taken, more memory. Default 1000; 0: refuse at once. */
  max?: number | undefined;
  /** Longest wait; half of it for whoever comes when working off the queue would take longer than that. Default `"3s"`. */
  wait?: Duration | undefined;
}

export interface RouteConfig {
  /** A service, or a subset of one (`"web:canary"`), or several with their weights: `{ "web:stable": 90, "web:canary": 10 }`. */
  to: string | Record<string, number>;
  /** Also for these hosts (`"example.com"`, `"*.example.com"`), without port. */
  hosts?: string[] | undefined;
  /** Only these methods. GET includes HEAD. Default: any. */
  methods?: string[] | undefined;
  /** Only with these headers: name to value, or to `true` for any value. */
  headers?: Record<string, string | true> | undefined;
  /** Only with these query parameters: name to value, or to `true` for any value. */
  query?: Record<string, string | true> | undefined;
  /** Overrides the order of precedence: lower goes first. Default 0. */
  order?: number | undefined;
  /** Takes a prefix off the path: `true` the route's own, or this one. */
  strip?: boolean | string | undefined;
  /** Puts this in place of the route's own prefix, or of `prefix`. */
  rewrite?: string | RewriteConfig | undefined;
  /** Longest wait for the head of the answer, with the queue and all repetitions; while the client is sending its body, it begins anew. Workers are told what is left of it. Default `"30s"`. */
  timeout?: Duration | undefined;
  /** Protocols that may be upgraded to, besides `websocket`. */
  upgrades?: string[] | undefined;
  /** Largest request body. Default: no limit. */
  maxBody?: Size | undefined;
  /** Take paths with %2f or %5c. Default `false`. */
  allowEncodedSlash?: boolean | undefined;
  /** Which requests go first where not all can be served: `"critical"`, `"normal"` or `"sheddable"`, or more about it as an object. Default `"normal"`. */
  priority?: Priority | PriorityConfig | undefined;
  /** How many requests of one client are let through, over all proxies together. More are answered 429. Default: any number. */
  rateLimit?: RateLimitConfig | undefined;
  /** Repeat idempotent requests at another worker when one fails. Default `true`. */
  retry?: boolean | undefined;
  /** A request with an `Idempotency-Key` counts as idempotent whatever its method: it is repeated when its worker is lost, though its handler may have begun. Only for services that know a repetition by its key: elsewhere `true` does things twice. Default `false`. */
  idempotencyKey?: boolean | undefined;
}

export interface PriorityConfig {
  /** The class of a request that names none. Default `"normal"`. */
  use?: Priority | undefined;
  /** A request header that names the class. A client may lower itself by it; raise itself only behind `trustedProxies`. */
  header?: string | undefined;
  /** Every client may raise itself by the header. Default `false`. */
  raise?: boolean | undefined;
}

export interface RateLimitConfig {
  /** So many in the time of `per`. */
  requests: number;
  /** Default `"1s"`. */
  per?: Duration | undefined;
  /** So many at once, after a pause. Default: `requests`. */
  burst?: number | undefined;
  /** Whose requests are counted together: as `fairBy` of a service. Default `"address"`. */
  key?: string | undefined;
}

export interface RewriteConfig {
  /** Prefix of the route's path. */
  prefix: string;
  /** What is put in its place. */
  with: string;
}

export interface LimitsConfig {
  /** Request line and headers. Default `"16KiB"`. */
  head?: Size | undefined;
  /** Header fields of a request. Default 100. */
  fields?: number | undefined;
  /** Path and query. Default `"8KiB"`. */
  target?: Size | undefined;
  /** Then the connection is closed. Default 10000. */
  requestsPerConnection?: number | undefined;
  /** Then the connection is closed. Default `"1h"`. */
  connectionAge?: Duration | undefined;
  /** Bodies up to this size are held until the first byte of the answer, so that the request can be repeated. Default `"64KiB"`. */
  replayBody?: Size | undefined;
  /** A body that comes slower, over the time of `timeouts.stalledClient`, is given up, unless its answer has begun. 0: any pace. Default `"240B"`. */
  bodyPerSecond?: Size | undefined;
  /** Status line and headers of a worker's answer. Default `"64KiB"`. */
  workerHead?: Size | undefined;
  /** Header fields of a worker's answer. Default 200. */
  workerFields?: number | undefined;
  /** Client connections of each proxy; fewer where it may not open twice as many files (`ulimit -n`). Default 20000. */
  connections?: number | undefined;
  /** Of the client connections of each proxy, by one address (of IPv6: by one network, /64): one client cannot take them all. Not counted: `trustedProxies`, behind whose addresses many clients are. Fewer keep out those behind one common address sooner. 0: any number. Default 0. */
  connectionsPerAddress?: number | undefined;
}

export interface TimeoutsConfig {
  /** For a request's head, from its first byte. Default `"10s"`. */
  head?: Duration | undefined;
  /** From a client's connection to the end of its TLS handshake. Default `"10s"`. */
  handshake?: Duration | undefined;
  /** A client's connection without a request. Default `"60s"`. */
  idleClient?: Duration | undefined;
  /** A client that neither sends its body nor takes the answer. Default `"30s"`. */
  stalledClient?: Duration | undefined;
  /** Connecting to a worker, and until another worker is tried instead. After 300 ms a second connection is tried beside the first, then a third; on a way that lost packets in the last ten seconds up to six in all, also where the first is amid its TLS handshake. Under 1.5 s a lost packet may be taken for a worker that cannot be reached. Default `"2s"`. */
  connect?: Duration | undefined;
  /** An unused connection to a worker that does not tell its own keep-alive time. Must be shorter than that. Default `"4s"`. */
  idleWorker?: Duration | undefined;
  /** With no worker at all, a request waits this long for one. Default `"1s"`. */
  noWorkerWait?: Duration | undefined;
}

export interface RetryBudgetConfig {
  /** Retries for each answer that is no server's error, in the long run. Default 0.2. */
  ratio?: number | undefined;
  /** Retries possible at once, without any traffic before. Default 100. */
  reserve?: number | undefined;
  /** Refill of the reserve in each second. Default 10. */
  perSecond?: number | undefined;
}

export interface AccessLogConfig {
  /** `"stdout"`, or a file's path. Default `"stdout"`. */
  to?: string | undefined;
  /** Share of the requests that are told, 0 to 1; failed and slow ones always are. Lower: less to write and to keep. Default 1. */
  sample?: number | undefined;
  /** Names of request headers that are told; of secret ones (`authorization`, `cookie`, tokens and keys) only that they were there, and where a value is a URL (`referer`), its query redacted. Default: none. */
  headers?: string[] | undefined;
}

export interface RequestsConfig {
  /** An answer that begins later is slow, and remembered. Lower: more records, which push out older ones sooner. Default `"1s"`. */
  slow?: Duration | undefined;
  /** Of the other requests, so many in each second are remembered, by each proxy. 0: none. Default 5. */
  samples?: number | undefined;
  /** Records of each cause in each proxy, about 2 KB each, 8 MiB in all. Higher: they go back further. Default 200. */
  keep?: number | undefined;
  /** Names in the query whose values are never written down, besides those that look like secrets (`token`, `key`, `password`, ...). Default: none. */
  redact?: string[] | undefined;
}

export interface TracesConfig {
  /** Where the collector takes OTLP over HTTP: `"http://127.0.0.1:4318"`. Without a path `/v1/traces` is added. No secret may be in it. */
  endpoint: string;
  /** File of lines `Name: value` that go with each batch, as a key of the collector's. Each proxy reads it, anew for each batch; nobody else does. Relative to this file. Default: none. */
  headersFile?: string | undefined;
  /** PEM file of the authorities that count for an endpoint with https. Default: those that Node knows. */
  ca?: string | undefined;
  /** Of the traces that begin here, those that are recorded, 0 to 1. Higher: more is seen, and a recorded request costs a proxy about three times as much CPU time as another. Default 0.01. */
  share?: number | undefined;
  /** Whose traces are gone on with, and recorded where they say so: `"anyone"`, or only `"trusted"` ones (`trustedProxies`). Default `"anyone"`: whoever begins a trace decides whether it is recorded, clients too. */
  follow?: "anyone" | "trusted" | undefined;
  /** The spans' `service.name`. Default `"skein"`. */
  service?: string | undefined;
  /** More attributes of all spans, as `{ "deployment.environment.name": "production" }`. Default: none. */
  attributes?: Record<string, string> | undefined;
  /** Spans that wait in one proxy, about 1 KB each; the spans of what comes beyond are dropped and counted. Higher: longer outages of the collector are bridged, more memory. Default 4096. */
  queue?: number | undefined;
  /** Spans sent at once. Higher: fewer and larger messages. Default 512. */
  batch?: number | undefined;
  /** Longest wait of a span for others. Lower: seen sooner, more messages. Default `"1s"`. */
  every?: Duration | undefined;
  /** Longest wait for the collector's answer. Default `"10s"`. */
  timeout?: Duration | undefined;
}

export interface RegistrationConfig {
  /** CIDR ranges of addresses that a worker may register besides its own. Default: none. */
  allow?: string[] | undefined;
  /** Workers in all; by one join token at most nine tenths of them, so that it cannot keep out all others. Default 20000. */
  workers?: number | undefined;
  /** Metadata of one worker. Default `"4KiB"`. */
  metadata?: Size | undefined;
}

/** Gives `skein.config.ts` its types; returns what it is given. */
export function defineConfig(config: SkeinConfig): SkeinConfig {
  return config;
}
