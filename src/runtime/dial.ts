import { connect as connectPlain, isIPv4, isIPv6, type Socket } from "node:net";
import { connect as connectSecurely, type ConnectionOptions } from "node:tls";
import { isLoopbackHost } from "../core/registry/address.ts";
import { ownAddresses } from "./own-addresses.ts";
import { type Seal, sealing } from "./seal.ts";
import type { WorkerTrust } from "./worker-trusts.ts";

export interface DialTarget {
  readonly host: string;
  readonly port: number;
  /** The host's name as configured, where there is one. */
  readonly serverName: string | undefined;
}

export interface DialOptions {
  /** By certificates. Unset, and `seal` too: in clear. */
  readonly trust?: WorkerTrust | undefined;
  /** By the key of the worker's link. */
  readonly seal?: Seal | undefined;
  /** Of an earlier connection to the same worker: spares both sides the key exchange. */
  readonly ticket?: Buffer | undefined;
  readonly onread?: { buffer: Buffer; callback(length: number): boolean };
  /** After this silence the kernel asks whether the host is still there. Unset: never. */
  readonly keepAliveMs?: number;
}

export interface Dialled {
  readonly socket: Socket;
  /** The event after which the worker may be spoken to: connected, and by TLS the one that it should be. */
  readonly established: "connect" | "secureConnect";
  /**
   * The event that tells whether connections to it are taken: by its kernel, also while its process is busy or stopped. With
   * certificates only the handshake tells, for whoever took the connection may be anybody.
   */
  readonly reached: "connect" | "secureConnect";
}

/** Connects to a worker, in clear or encrypted. */
export function dial(target: DialTarget, options: DialOptions = {}): Dialled {
  const { trust, seal, ticket, onread, keepAliveMs } = options;
  const { host, port } = target;
  const plain = {
    host,
    port,
    noDelay: true,
    ...(onread === undefined ? {} : { onread }),
    ...(keepAliveMs === undefined ? {} : { keepAlive: true, keepAliveInitialDelay: keepAliveMs }),
  };
  if (seal !== undefined)
    return {
      socket: withOptions(connectSecurely({ ...plain, ...sealing(seal) }), keepAliveMs),
      established: "secureConnect",
      reached: "connect",
    };
  if (trust === undefined) return { socket: connectPlain(plain), established: "connect", reached: "connect" };
  const { settings, context } = trust;
  const servername = settings.serverName ?? target.serverName;
  const secure: ConnectionOptions = {
    ...plain,
    secureContext: context,
    // Said here, so that no variable of the environment can turn it off.
    rejectUnauthorized: settings.verify,
    ALPNProtocols: ["http/1.1"],
    ...(servername === undefined ? {} : { servername }),
    ...(ticket === undefined ? {} : { session: ticket }),
  };
  return {
    socket: withOptions(connectSecurely(secure), keepAliveMs),
    established: "secureConnect",
    reached: "secureConnect",
  };
}

/** Before Node 24 what `tls.connect` is told of TCP does not reach the socket. */
function withOptions(socket: Socket, keepAliveMs: number | undefined): Socket {
  socket.setNoDelay(true);
  if (keepAliveMs !== undefined) socket.setKeepAlive(true, keepAliveMs);
  return socket;
}

/** As a worker's checks name it: a server with TLS may refuse a host that is not the handshake's (421). */
export function authorityOf({ host, port, serverName }: DialTarget, trust: WorkerTrust | undefined): string {
  const name = trust === undefined ? undefined : (trust.settings.serverName ?? serverName);
  const shown = name ?? (host.includes(":") ? `[${host}]` : host);
  return `${shown}:${port}`;
}

/** The connection was there, and it failed to become a trusted one; not: the network or the worker broke it. */
export function isDistrust(error: NodeJS.ErrnoException): boolean {
  return !networkErrors.has(error.code ?? "");
}

/**
 * The connection could not be tried: this host has no file, no memory or no port left for it. That says nothing about the other
 * side.
 */
export function lacksMeans(error: NodeJS.ErrnoException, addresses = ownAddresses): boolean {
  // Of a name with several addresses: one of them could not be tried.
  if (error instanceof AggregateError)
    return (error.errors as NodeJS.ErrnoException[]).some((one) => lacksMeans(one, addresses));
  const { code = "", address = "" } = error as { code?: string; address?: string };
  return code === "EADDRNOTAVAIL" ? hasSourceFor(address, addresses) : lacks.has(code);
}

/**
 * All ports towards an address are in use; or, for ever, there is no address to speak from, as where IPv6 is turned off. For IPv4
 * that has another code.
 */
function hasSourceFor(address: string, addresses: typeof ownAddresses): boolean {
  if (!isIPv6(address)) return isIPv4(address);
  return addresses().some(
    ({ family, internal }) => family === "IPv6" && internal === isLoopbackHost(address),
  );
}

const lacks: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

const networkErrors: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "EACCES",
  ...lacks,
]);
