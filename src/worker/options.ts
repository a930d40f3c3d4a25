import cluster from "node:cluster";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { heartbeatDefaults } from "../protocol/heartbeat.ts";
import { SkeinError } from "../protocol/error.ts";
import type { LinkFeed } from "./link/service-side.ts";
import { controllerUrl } from "./controller-url.ts";
import { type AuthorityFile, authorityFile } from "./authority-file.ts";
import { joinTokenIn, soundToken } from "./join-token.ts";
import { checkOptions, type OptionNames } from "./known-options.ts";

/** How a server joins. Everything is optional; what is not set is taken from `SKEIN_*` of the environment. */
export interface JoinOptions {
  /**
   * Name of this instance, unique within the service. A process that joins under the id of an older one replaces
   * it. Default: `SKEIN_ID`, else the host's name and the port (`box-8081`). In a process of node:cluster its number
   * there is added (`box-8081-w2`), also to a name that was given.
   */
  id?: string | undefined;
  /**
   * Where to find a controller first (`127.0.0.1:7600`, `http://10.0.0.5:7600`), one or several; the others are
   * learned from it. Default: `SKEIN_CONTROL` (separated by commas), else the gateway of this host that the state
   * directory names, else `http://127.0.0.1:7600`.
   */
  control?: string | string[] | undefined;
  /** State directory of a gateway on this host, to find it. Default: `SKEIN_STATE`, else `./.skein`. */
  state?: string | undefined;
  /**
   * Join token (`skein token create`), needed where the controllers are on other hosts. Default: `SKEIN_TOKEN`, else
   * `SKEIN_JOIN_TOKEN`, else the content of the file that `SKEIN_JOIN_TOKEN_FILE` names.
   */
  token?: string | undefined;
  /**
   * PEM file: the cluster's authority (`skein ca init`), which vouches for controllers at https addresses. Default:
   * `SKEIN_CA`, else that of the state directory, else the system's authorities. Read at each connection: it may be
   * changed, and that of the state directory may come later.
   */
  ca?: string | undefined;
  /**
   * Host that the proxies shall connect to. Default: `SKEIN_HOST`, else the address that the server is bound to, and
   * where it is bound to all, the address from which this process reaches the controller.
   */
  host?: string | undefined;
  /** Port that the proxies shall connect to. Default: the server's. Set it where a port is mapped. */
  port?: number | undefined;
  /**
   * How requests come from the proxies. `requests`: over a link, one connection for all of a proxy's requests, which
   * costs least; they are told to the server directly. `sockets`: over a link, each as text for the server's own
   * parser, for services that read from `request.socket` themselves; costs a little more. `false`: over HTTP/1.1
   * connections, as to a plain worker. A link has a port of its own (see `linkPort`), at the server's
   * address. Between hosts all requests come through that port, encrypted by TLS 1.3, also those over HTTP/1.1 while there is
   * no link; `false`, and a server without TLS, is plain text. Default: `SKEIN_LINK` (`requests`, `sockets`, `off`),
   * else `requests`; off where `port` is set, for a mapped port says nothing of another one.
   */
  link?: LinkFeed | false | undefined;
  /**
   * Port of the link, for firewalls that let through what they are told. One process can have it: where it is taken,
   * a warning says so and the system chooses another one. Default: `SKEIN_LINK_PORT`, else one that the system chooses.
   */
  linkPort?: number | undefined;
  /**
   * `true`: requests of proxies on other hosts come in plain text, which everybody on the network between can read and change. For
   * networks that encrypt by themselves (WireGuard, IPsec): it spares the work of doing it twice. Default:
   * `SKEIN_INSECURE_PLAIN_LINK` (`true`), else false.
   */
  insecurePlainLink?: boolean | undefined;
  /**
   * Lease: without a beat for this long the worker counts as gone. Lower: a silent death is seen sooner, a pause
   * of the whole process takes the worker out sooner. Default: what the controller says (3000, longer in very large
   * clusters).
   */
  ttlMs?: number | undefined;
  /** Share of the traffic relative to the other workers of the service. Default 1. */
  weight?: number | undefined;
  /** For people and canaries. Default: `SKEIN_VERSION`, else nothing. */
  version?: string | undefined;
  /** Where it runs: `preferZone` and subsets choose by it. Default: `SKEIN_ZONE`, else nothing. */
  zone?: string | undefined;
  /** Subsets choose by them. Default: none. */
  tags?: string[] | undefined;
  /** Subsets choose by it, and `metrics-port` and `metrics-path` tell Prometheus where to look. Keys are of a-z, 0-9, ".", "_", "-". Default: none. */
  metadata?: Record<string, string> | undefined;
  /** Requests in flight per proxy above which this worker is full. Default: what the service's configuration says. */
  maxInFlight?: number | undefined;
  /**
   * Longest time that a drain waits for requests in flight. Higher: slow requests finish; lower: a quicker end.
   * Default 30000.
   */
  drainMs?: number | undefined;
  /**
   * Drain on SIGTERM: stop being chosen, finish, say goodbye; then exit, if no other handler for SIGTERM exists (those of
   * the library signal-exit do not count). `false`, and in a worker thread, which gets no signals: call `leave()`
   * yourself. Default true.
   */
  drainOnSigterm?: boolean | undefined;
  /**
   * `join` resolves when the first controller welcomed this worker, or after this time, whichever is first: a
   * service starts without its gateway, and goes on trying. 0: do not wait at all. Default 3000.
   */
  waitMs?: number | undefined;
}

const joinOptions: OptionNames<JoinOptions> = {
  id: true,
  control: true,
  state: true,
  token: true,
  ca: true,
  host: true,
  port: true,
  link: true,
  linkPort: true,
  insecurePlainLink: true,
  ttlMs: true,
  weight: true,
  version: true,
  zone: true,
  tags: true,
  metadata: true,
  maxInFlight: true,
  drainMs: true,
  drainOnSigterm: true,
  waitMs: true,
};

/** Options with every default filled in, except what only the listening server knows. Plain data. */
export interface JoinSettings {
  service: string;
  id: string | undefined;
  /** Written by the user; empty: find the gateway of this host. */
  control: string[];
  /** From the root: it is looked into later too, wherever the process stands by then. */
  state: string;
  token: string | undefined;
  ca: AuthorityFile;
  host: string | undefined;
  port: number | undefined;
  link: LinkFeed | false;
  /** 0: the system chooses. */
  linkPort: number;
  insecurePlainLink: boolean;
  about: {
    ttlMs?: number;
    weight?: number;
    version?: string;
    zone?: string;
    tags?: string[];
    metadata?: Record<string, string>;
    maxInFlight?: number;
  };
  drainMs: number;
  drainOnSigterm: boolean;
  waitMs: number;
}

type Environment = Record<string, string | undefined>;

export function joinSettings(service: string, options: JoinOptions, environment: Environment): JoinSettings {
  if (typeof service !== "string" || service === "") {
    throw new SkeinError("invalid", "join(server, service): service must be a name, such as 'orders'");
  }
  checkOptions("join", options, joinOptions);
  const fromEnvironment = (name: string): string | undefined => environment[name] || undefined;
  const control = options.control ?? fromEnvironment("SKEIN_CONTROL")?.split(",") ?? [];
  const state = resolve(options.state ?? fromEnvironment("SKEIN_STATE") ?? ".skein");
  const version = options.version ?? fromEnvironment("SKEIN_VERSION");
  return {
    service,
    id: givenId(options.id ?? fromEnvironment("SKEIN_ID")),
    control: (typeof control === "string" ? [control] : control).map(controllerUrl),
    state,
    token: options.token === undefined ? joinTokenIn(environment) : soundToken("token", options.token),
    ca: authorityFile(options.ca ?? fromEnvironment("SKEIN_CA"), state),
    host: options.host ?? fromEnvironment("SKEIN_HOST"),
    port: number("port", options.port, 1, 65_535),
    link: linkFeed(options.link ?? fromEnvironment("SKEIN_LINK"), options.port === undefined),
    linkPort: linkPort(options.linkPort, fromEnvironment("SKEIN_LINK_PORT")),
    insecurePlainLink: flag(
      "insecurePlainLink",
      options.insecurePlainLink,
      fromEnvironment("SKEIN_INSECURE_PLAIN_LINK"),
    ),
    about: {
      ...defined(
        "ttlMs",
        number("ttlMs", options.ttlMs, heartbeatDefaults.ttlMsMin, heartbeatDefaults.ttlMsMax),
      ),
      ...defined("weight", number("weight", options.weight, 0, 1_000)),
      ...defined("version", version),
      ...defined("zone", options.zone ?? fromEnvironment("SKEIN_ZONE")),
      ...defined("tags", options.tags),
      ...defined("metadata", options.metadata),
      ...defined("maxInFlight", number("maxInFlight", options.maxInFlight, 1, 1_000_000)),
    },
    drainMs: number("drainMs", options.drainMs, 0, 86_400_000) ?? 30_000,
    drainOnSigterm: options.drainOnSigterm ?? true,
    waitMs: number("waitMs", options.waitMs, 0, 86_400_000) ?? 3000,
  };
}

function linkFeed(wish: string | false | undefined, usual: boolean): LinkFeed | false {
  if (wish === undefined) return usual ? "requests" : false;
  if (wish === "requests" || wish === "sockets") return wish;
  if (wish === false || wish === "off") return false;
  throw new SkeinError(
    "invalid",
    `join: link must be 'requests', 'sockets' or false (SKEIN_LINK: off), not ${wish}`,
  );
}

function linkPort(option: number | undefined, variable: string | undefined): number {
  const wish = option ?? (variable === undefined ? undefined : Number(variable));
  if (wish === undefined) return 0;
  if (Number.isInteger(wish) && wish >= 1 && wish <= 65_535) return wish;
  const said = option ?? `${variable} (SKEIN_LINK_PORT)`;
  throw new SkeinError("invalid", `join: linkPort must be a whole number from 1 to 65535, not ${said}`);
}

function flag(name: string, option: boolean | undefined, variable: string | undefined): boolean {
  const wish = option ?? (variable === "true" ? true : variable === "false" ? false : variable);
  if (wish === undefined || typeof wish === "boolean") return wish ?? false;
  throw new SkeinError("invalid", `join: ${name} must be true or false, not ${wish}`);
}

function number(name: string, value: number | undefined, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= min && value <= max) return value;
  throw new SkeinError(
    "invalid",
    `join: ${name} must be a number from ${min} to ${max}, not ${String(value)}`,
  );
}

function defined<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value });
}

function givenId(id: string | undefined): string | undefined {
  return id === undefined ? undefined : id + clusterSuffix();
}

/** The id of a worker that was given none: readable, and the same after a restart on the same port. */
export function defaultId(port: number): string {
  const host =
    hostname()
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]/g, "-") || "host";
  return `${host.slice(0, 48)}-${port}${clusterSuffix()}`;
}

/** In node:cluster several processes share one port and one environment: each is a worker with an id of its own. */
function clusterSuffix(): string {
  return cluster.worker === undefined ? "" : `-w${cluster.worker.id}`;
}
