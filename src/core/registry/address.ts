export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const form = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:@/\\?#[\]]{0,253})):([0-9]{1,5})$/;

/** `host:port`, `[::1]:port`, `:port` (empty host). Undefined: not an address. Port 1 to 65535. */
export function parseAddress(text: string): HostPort | undefined {
  const found = form.exec(text);
  if (found === null) return undefined;
  const port = Number(found[3]);
  if (port < 1 || port > 65_535) return undefined;
  return { host: found[1] ?? found[2] ?? "", port };
}

/** Of an address in its one spelling: it means this place only on the host where it was said. */
export function isLoopbackHost(host: string): boolean {
  return host === "::1" || host === "localhost" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** As `isLoopbackHost`, of an address with its port. */
export function isLoopbackAddress(address: string): boolean {
  return isLoopbackHost(parseAddress(address)?.host ?? "");
}

/** The one spelling of an address: IPv6 hosts in brackets. */
export function formatAddress(address: HostPort): string {
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** No two sockets can listen at both. Port 0 stands for any that is free. */
export function collide(left: HostPort, right: HostPort): boolean {
  if (left.port !== right.port || left.port === 0) return false;
  const everywhere = (host: string): boolean => host === "0.0.0.0" || host === "::";
  return left.host === right.host || everywhere(left.host) || everywhere(right.host);
}
