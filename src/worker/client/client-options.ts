import { resolve } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { SkeinError } from "../../protocol/error.ts";
import { type AuthorityFile, authorityFile } from "../authority-file.ts";
import { controllerUrl, parseControllerUrl } from "../controller-url.ts";
import { soundToken } from "../join-token.ts";
import { checkOptions, type OptionNames } from "../known-options.ts";

/** How a service is reached. Everything is optional; what is not set is taken from `SKEIN_*` of the environment. */
export interface ClientOptions {
  /**
   * Call the service through these gateways (`10.0.0.1:8080`, `https://gateway.example.com`). Default:
   * `SKEIN_GATEWAYS` (separated by commas). Without either, the service's workers are called directly.
   */
  gateways?: string | string[] | undefined;
  /**
   * Where the gateways' route to this service begins (`/orders`), where it has a prefix that they take off: it is put
   * before each path. Not used for workers. Default: nothing.
   */
  prefix?: string | undefined;
  /**
   * Host that gateways route by, whatever Host the headers of a call bear, and that their certificate is for where they
   * speak TLS. Default: of a call the Host among its headers, else the gateway's own address.
   */
  host?: string | undefined;
  /**
   * Call the workers directly, found at these controllers. Default: `SKEIN_CONTROL`, else as `join` finds them. Who vouches
   * for those at https addresses: the PEM file that `SKEIN_CA` names, else that of the state directory, else the system's.
   * It is read at each connection.
   */
  control?: string | string[] | undefined;
  /** State directory of a gateway on this host, to find its controllers. Default: `SKEIN_STATE`, else `./.skein`. */
  state?: string | undefined;
  /** Needed by controllers that do not listen on loopback. Default: `SKEIN_TOKEN`. */
  token?: string | undefined;
  /**
   * Time for the head of an answer, over all tries, and longest silence within its body. Lower: a caller is told
   * sooner; higher: slow answers count. Default 30000.
   */
  timeoutMs?: number | undefined;
  /** Time to connect. Lower: a dead host costs less; higher: far ones are reached. Default 1000. */
  connectMs?: number | undefined;
  /** Of TLS connections: authorities, a client certificate, ... as node:tls takes them. */
  tls?:
    | Pick<ConnectionOptions, "ca" | "cert" | "key" | "passphrase" | "servername" | "rejectUnauthorized">
    | undefined;
}

const clientOptions: OptionNames<ClientOptions> = {
  gateways: true,
  prefix: true,
  host: true,
  control: true,
  state: true,
  token: true,
  timeoutMs: true,
  connectMs: true,
  tls: true,
};

export interface ClientSettings {
  service: string;
  to:
    | { kind: "gateways"; urls: string[]; prefix: string; host: string | undefined }
    | {
        kind: "workers";
        control: string[];
        state: string;
        token: string | undefined;
        /** Who vouches for controllers. */
        ca: AuthorityFile;
      };
  timeoutMs: number;
  connectMs: number;
  tls: NonNullable<ClientOptions["tls"]>;
}

type Environment = Record<string, string | undefined>;

export function clientSettings(
  service: string,
  options: ClientOptions,
  environment: Environment,
): ClientSettings {
  if (typeof service !== "string" || service === "")
    throw new SkeinError("invalid", "client(service): service must be a name, such as 'orders'");
  checkOptions("client", options, clientOptions);
  return {
    service,
    to: destination(options, environment),
    timeoutMs: milliseconds("timeoutMs", options.timeoutMs) ?? 30_000,
    connectMs: milliseconds("connectMs", options.connectMs) ?? 1_000,
    tls: options.tls ?? {},
  };
}

/** What the code says counts before what the environment says, and gateways before workers. */
function destination(options: ClientOptions, environment: Environment): ClientSettings["to"] {
  const fromEnvironment = (name: string): string | undefined => environment[name] || undefined;
  const gateways =
    options.gateways ?? (options.control === undefined ? fromEnvironment("SKEIN_GATEWAYS") : undefined);
  if (gateways !== undefined) {
    const urls = listOf(gateways).map(gatewayUrl);
    if (urls.length === 0) throw new SkeinError("invalid", "client: gateways names no gateway");
    return { kind: "gateways", urls: [...new Set(urls)], prefix: prefixOf(options), host: hostOf(options) };
  }
  const state = resolve(options.state ?? fromEnvironment("SKEIN_STATE") ?? ".skein");
  return {
    kind: "workers",
    control: listOf(options.control ?? fromEnvironment("SKEIN_CONTROL") ?? []).map(controllerUrl),
    state,
    token: tokenOf(options.token, fromEnvironment("SKEIN_TOKEN")),
    ca: authorityFile(fromEnvironment("SKEIN_CA"), state),
  };
}

function tokenOf(given: string | undefined, named: string | undefined): string | undefined {
  if (given !== undefined) return soundToken("client: token", given);
  return named === undefined ? undefined : soundToken("SKEIN_TOKEN", named);
}

function listOf(given: string | string[]): string[] {
  const words = typeof given === "string" ? given.split(",") : given;
  return words.map((word) => word.trim()).filter((word) => word !== "");
}

/** A listener is plain HTTP where nothing else is said, wherever it is; a control address is not. */
function gatewayUrl(text: string): string {
  const address = text.startsWith(":") ? `127.0.0.1${text}` : text;
  const url = parseControllerUrl(address.includes("://") ? address : `http://${address}`);
  if (url !== undefined) return url;
  throw new SkeinError(
    "invalid",
    `client: gateways: ${JSON.stringify(text)} is no address; write it as 10.0.0.1:8080 or https://host`,
  );
}

function prefixOf({ prefix = "" }: ClientOptions): string {
  if (prefix === "" || (prefix.startsWith("/") && !prefix.endsWith("/"))) return prefix;
  throw new SkeinError("invalid", `client: prefix: must be as /orders, not ${JSON.stringify(prefix)}`);
}

function hostOf({ host }: ClientOptions): string | undefined {
  if (host === undefined || /^(\[[\da-f:.]+\]|[^\s/:@?#[\]]+)(:\d{1,5})?$/i.test(host)) return host;
  throw new SkeinError(
    "invalid",
    `client: host: must be a name such as orders.example.com, not ${JSON.stringify(host)}`,
  );
}

export function milliseconds(name: string, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && value > 0 && value <= 86_400_000) return value;
  throw new SkeinError(
    "invalid",
    `client: ${name} must be a number of milliseconds above 0, not ${String(value)}`,
  );
}
