import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Who speaks: by what it came, not by what it says. */
export interface Caller {
  /** Came over the unix socket in the state directory, which only this user may open. */
  trusted: boolean;
  /** IP address of the peer; empty over the unix socket. IPv4-mapped addresses are told as IPv4. */
  address: string;
  /** From this host. */
  loopback: boolean;
  /** The address of ours that it came to. */
  localAddress: string;
}

export const trustedCaller: Caller = { trusted: true, address: "", loopback: true, localAddress: "" };

export function callerOf(request: IncomingMessage, unix: boolean): Caller {
  if (unix) return trustedCaller;
  const address = plainAddress(request.socket.remoteAddress ?? "");
  const localAddress = plainAddress(request.socket.localAddress ?? "");
  // From this very host to one of its own addresses: as near as loopback.
  const loopback = isLoopback(address) || (address !== "" && address === localAddress);
  return { trusted: false, address, loopback, localAddress };
}

/** IPv4-mapped IPv6 as IPv4; everything else as it is. */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}

export function isLoopback(address: string): boolean {
  if (address === "::1") return true;
  return isIP(address) === 4 && address.startsWith("127.");
}
