import { lookup } from "node:dns/promises";
import { BlockList, isIP, SocketAddress } from "node:net";
import { formatAddress, type HostPort, parseAddress } from "../core/registry/address.ts";
import { SkeinError } from "../protocol/error.ts";
import { ownAddresses } from "../runtime/own-addresses.ts";
import { type Caller, isLoopback, plainAddress } from "./caller.ts";
import { printable } from "./guard.ts";

/**
 * Registering is choosing where traffic goes. A worker may register its own address, and what the configuration
 * allows; never a place that only the gateway should reach (loopback of the gateway's host for others, link-local
 * cloud metadata, multicast, the gateway's own listeners).
 */
export interface RegistrationSettings {
  /** CIDR ranges allowed besides the peer's own address. */
  allow: readonly string[];
  metadataBytesMax: number;
  /** host:port of everything that this gateway listens on. */
  ownListeners: readonly string[];
}

/** Whose address it is to be. */
export interface AskingWorker {
  /** Service and id; without an id the address as it was said. */
  name: string;
  /** Where the registry has it, while it is not gone. `address`: its id, where it said none. */
  registeredAt(address: string): string | undefined;
  /** The life that is registered at this address goes on, as far as what was said can tell. */
  goesOnAt(address: string): boolean;
}

export type Resolve = (name: string) => Promise<string>;

export const systemResolve: Resolve = async (name) => (await lookup(name)).address;

const pinsMax = 20_000;
/** The system looks up a few at once; all others wait. */
const pendingMax = 10_000;
const resolveMsMax = 2_000;

interface Pin {
  readonly ip: string;
  /** By a worker that asked for it; else it came too late, and waits for the next one. */
  taken: boolean;
}

/**
 * Names are resolved once for a life of a worker and stay pinned: a name that later points elsewhere moves nothing that is
 * well. Another life, and a caller that may not have what is pinned, have them looked up anew.
 */
export class AddressRules {
  readonly #resolve: Resolve;
  readonly #pins = new Map<string, Pin>();
  readonly #pending = new Map<string, Promise<Pin>>();

  constructor(resolve: Resolve = systemResolve) {
    this.#resolve = resolve;
  }

  /** The address to register: IP and port, in one spelling. Rejects with SkeinError. */
  async allowed(
    said: string,
    worker: AskingWorker,
    caller: Caller,
    settings: RegistrationSettings,
  ): Promise<string> {
    const parsed = parseAddress(said);
    if (parsed === undefined) {
      throw new SkeinError(
        "invalid",
        `address: "${printable(said)}" is not host:port (like 127.0.0.1:8081, [::1]:8081, or :8081 for your own address).`,
      );
    }
    const { port } = parsed;
    const may = (ip: string): boolean => mayHave(ip, caller, settings);
    const holds = ({ ip, taken }: Pin): boolean =>
      may(ip) && (!taken || worker.goesOnAt(formatAddress({ host: ip, port })));
    const host =
      parsed.host === ""
        ? ownHost(port, worker, caller)
        : await this.#ip(parsed.host, `${worker.name}\n${parsed.host}`, holds, may);
    const address: HostPort = { host: inOneSpelling(host), port };
    judgeAddress(address, caller, settings);
    if (!may(address.host)) throw notOwn(address, parsed.host, caller);
    return formatAddress(address);
  }

  async #ip(
    host: string,
    key: string,
    holds: (pin: Pin) => boolean,
    may: (ip: string) => boolean,
  ): Promise<string> {
    if (isIP(host) !== 0) return host;
    const known = this.#pins.get(key);
    const pin = known !== undefined && holds(known) ? known : await this.#lookUpAnew(host, key, may);
    pin.taken = true;
    return pin.ip;
  }

  /** Where the name cannot be looked up, what it led to before does: a name server that is away takes nobody out. */
  async #lookUpAnew(host: string, key: string, may: (ip: string) => boolean): Promise<Pin> {
    const before = this.#pins.get(key);
    try {
      return await this.#inTime(host, this.#pending.get(key) ?? this.#lookUp(host, key));
    } catch (error) {
      if (before !== undefined && may(before.ip)) return before;
      throw error;
    }
  }

  /** What comes too late is pinned too: who tries again finds it, and starts no second lookup. */
  async #lookUp(host: string, key: string): Promise<Pin> {
    if (this.#pending.size >= pendingMax) throw new Error("too many names are being looked up");
    const found = this.#resolve(host)
      .then((ip) => this.#pin(key, inOneSpelling(ip)))
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, found);
    return found;
  }

  #pin(key: string, ip: string): Pin {
    if (this.#pins.size >= pinsMax) this.#pins.delete(this.#pins.keys().next().value ?? "");
    const pin = { ip, taken: false };
    this.#pins.set(key, pin);
    return pin;
  }

  async #inTime(host: string, found: Promise<Pin>): Promise<Pin> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_done, failed) => {
      timer = setTimeout(() => failed(new Error("timed out")), resolveMsMax);
    });
    try {
      return await Promise.race([found, deadline]);
    } catch (error) {
      throw lookupError(host, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** By whichever address of this host a worker on it comes, it stays at the one at which it is registered. */
function ownHost(port: number, worker: AskingWorker, caller: Caller): string {
  const host = caller.trusted ? "127.0.0.1" : caller.address;
  if (!caller.loopback) return host;
  const known = parseAddress(worker.registeredAt(formatAddress({ host, port })) ?? "");
  if (known === undefined || known.port !== port) return host;
  return isLoopback(known.host) || isOwnInterface(known.host) ? known.host : host;
}

/** Only that there is no such name is the worker's fault. All else (a slow or silent name server) may pass. */
function lookupError(host: string, cause: unknown): SkeinError {
  const name = `address: the name "${printable(host)}"`;
  if (codeOf(cause) === "ENOTFOUND") {
    return new SkeinError("invalid", `${name} cannot be resolved. Register an IP address.`, { cause });
  }
  const why = codeOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new SkeinError("nameLookupFailed", `${name} cannot be looked up now (${why}). Try again.`, {
    cause,
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

const never = new BlockList();
never.addSubnet("0.0.0.0", 8, "ipv4");
never.addSubnet("169.254.0.0", 16, "ipv4");
never.addSubnet("224.0.0.0", 3, "ipv4");
never.addAddress("::", "ipv6");
never.addSubnet("fe80::", 10, "ipv6");
never.addSubnet("ff00::", 8, "ipv6");

/** Throws SkeinError `addressForbidden` where nobody who comes from there may have it; `address.host` is an IP address. */
function judgeAddress(address: HostPort, caller: Caller, settings: RegistrationSettings): void {
  const { host } = address;
  const refuse = (why: string): never => {
    throw new SkeinError("addressForbidden", `address: ${formatAddress(address)} ${why}`);
  };
  if (never.check(host, familyOf(host))) refuse("is unspecified, link-local, multicast or reserved.");
  if (isOwnListener(address, settings.ownListeners)) {
    refuse("is an address of the gateway itself: requests would go round in circles.");
  }
  if (isLoopback(host) && !caller.loopback) {
    refuse("is loopback, which only workers on the gateway's own host may register.");
  }
}

/** A name may still lead to the one who had it before: that passes. */
function notOwn({ host, port }: HostPort, said: string, caller: Caller): SkeinError {
  const from = `is not the address that you came from (${caller.address || "this host"})`;
  const next = "Register your own address (`:port`), or allow its range with registration.allow.";
  const address = formatAddress({ host, port });
  if (said === "" || isIP(said) !== 0) {
    return new SkeinError("addressForbidden", `address: ${address} ${from}. ${next}`);
  }
  const leads = `address: the name "${printable(said)}" leads to ${address}, which ${from}.`;
  return new SkeinError("nameElsewhere", `${leads} If it will not soon lead to that: ${next}`);
}

/** It is the caller's own, or the configuration lets others have it. */
function mayHave(host: string, caller: Caller, { allow }: RegistrationSettings): boolean {
  if (isLoopback(host)) return caller.loopback;
  if (host === caller.address || (caller.loopback && isOwnInterface(host))) return true;
  return listOf(allow).check(host, familyOf(host));
}

/** A link is taken at the host of the worker's own address, which is allowed already: only its port is news. */
export function judgeLinkPort(port: number, address: string, settings: RegistrationSettings): void {
  const host = parseAddress(address)?.host ?? "";
  if (!isOwnListener({ host, port }, settings.ownListeners)) return;
  throw new SkeinError("addressForbidden", `link: port ${port} at ${host} is one of the gateway itself.`);
}

/** `[0:0:0:0:0:0:0:1]` is loopback, and `[::ffff:7f00:1]` is IPv4's: what is judged must not depend on how it was written. */
function inOneSpelling(ip: string): string {
  return isIP(ip) === 6 ? plainAddress(new SocketAddress({ address: ip, family: "ipv6" }).address) : ip;
}

function familyOf(host: string): "ipv4" | "ipv6" {
  return isIP(host) === 6 ? "ipv6" : "ipv4";
}

function isOwnInterface(host: string): boolean {
  return ownAddresses().some(({ address }) => address === host);
}

/** One of the places at which this gateway listens itself. */
export function isOwnListener(address: HostPort, listeners: readonly string[]): boolean {
  return listeners.some((listener) => {
    const own = parseAddress(listener);
    if (own === undefined || own.port !== address.port) return false;
    const everywhere = own.host === "" || own.host === "0.0.0.0" || own.host === "::";
    if (everywhere) return isLoopback(address.host) || isOwnInterface(address.host);
    return own.host === address.host || (own.host === "localhost" && isLoopback(address.host));
  });
}

const lists = new WeakMap<readonly string[], BlockList>();

function listOf(ranges: readonly string[]): BlockList {
  const known = lists.get(ranges);
  if (known !== undefined) return known;
  const list = new BlockList();
  for (const range of ranges) {
    const [base = "", bits] = range.split("/");
    if (isIP(base) === 0) continue;
    if (bits === undefined) list.addAddress(base, familyOf(base));
    else list.addSubnet(base, Number(bits), familyOf(base));
  }
  lists.set(ranges, list);
  return list;
}
