import { isIP } from "node:net";
import type { Address } from "./config.ts";
import type { Issues, KeyPath } from "./issues.ts";

export interface HostPort {
  /** Without brackets. */
  host: string;
  port: number;
}

const portMax = 65_535;

/** `:8080`, `8080`, `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`. Port 0: any free one. */
export function parseListenAddress(value: Address, path: KeyPath, issues: Issues): HostPort | undefined {
  const text = String(value);
  const address = splitAddress(/^\d+$/.test(text) ? `:${text}` : text);
  if (address === undefined) {
    return issues.add(path, `${quoted(value)} is no address to listen on; write ":8080" or "127.0.0.1:8080"`);
  }
  if (address.host === "" || address.host === "*") return { ...address, host: "0.0.0.0" };
  if (address.host === "localhost") return { ...address, host: "127.0.0.1" };
  if (isIP(address.host) === 0) {
    return issues.add(
      path,
      `"${address.host}" is a name; listen on an IP address of this host, or on ":${address.port}" for all`,
    );
  }
  return address;
}

/** `host:port` of a worker; the host may be a name. */
export function parseWorkerAddress(value: string, path: KeyPath, issues: Issues): HostPort | undefined {
  const address = splitAddress(value);
  if (address === undefined || address.host === "" || address.port === 0) {
    const tls = /^https:/i.test(value) ? ' ("tls": true of the service is for HTTPS)' : "";
    const scheme = /^[a-z]+:\/\//i.test(value) ? ` without a scheme${tls}` : "";
    return issues.add(
      path,
      `${quoted(value)} is no worker's address; write "host:port"${scheme}, e.g. "10.0.0.7:8081"`,
    );
  }
  if (isIP(address.host) === 0 && !isHostName(address.host)) {
    return issues.add(path, `${quoted(address.host)} is neither an IP address nor a host name`);
  }
  return address;
}

export function formatAddress({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An IP address or a CIDR range. */
export function isRange(text: string): boolean {
  const [address = "", bits, more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

export function isHostName(text: string): boolean {
  return text.length <= 253 && /^(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(text);
}

/** `host:port`; the host may be empty. */
export function splitAddress(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/i.exec(text.trim());
  if (match === null) return undefined;
  const port = Number(match[3]);
  const host = match[1] ?? match[2] ?? "";
  if (port > portMax || (match[1] !== undefined && isIP(match[1]) !== 6)) return undefined;
  return { host, port };
}

function quoted(value: unknown): string {
  return JSON.stringify(value);
}
