import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";
import type { Forwarders, RequestHead } from "../http1/http1.ts";

const mappedPrefix = "::ffff:";

/** IPv4 addresses in their short form, also when they came as `::ffff:…` through a socket of both families. */
export function plainAddress(address: string): string {
  return address.startsWith(mappedPrefix) && isIPv4(address.slice(mappedPrefix.length))
    ? address.slice(mappedPrefix.length)
    : address;
}

const withPort = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i;

/** Some proxies name a client with its port: `203.0.113.1:80`, `[2001:db8::1]:80`. */
function withoutPort(node: string): string {
  const found = withPort.exec(node);
  return found?.[1] ?? found?.[2] ?? node;
}

/** So many proxies in front of each other are looked at. */
const hopsMax = 32;

/** Answers whether a peer's X-Forwarded-* and Forwarded count. The ranges were checked by the configuration. */
export class TrustedPeers implements Forwarders {
  readonly #list = new BlockList();
  readonly #empty: boolean;

  constructor(ranges: readonly string[]) {
    this.#empty = ranges.length === 0;
    for (const range of ranges) {
      const [network = "", bits] = range.split("/");
      const family = isIPv6(network) ? "ipv6" : "ipv4";
      const widest = family === "ipv6" ? 128 : 32;
      this.#list.addSubnet(network, bits === undefined ? widest : Number(bits), family);
    }
  }

  /** `address` as of `plainAddress`. */
  trusts(address: string): boolean {
    return !this.#empty && this.#list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
  }

  /**
   * Of those that X-Forwarded-For names the last that is not trusted itself: what stands before it is anybody's word. Where all are
   * trusted the first; and the peer, where it named nobody, or what is no address, with or without a port.
   */
  clientBehind(peer: string, head: RequestHead): string {
    const named = head.headers("x-forwarded-for").join(",").split(",").slice(-hopsMax);
    let client = peer;
    for (const text of named.toReversed()) {
      client = plainAddress(withoutPort(text.trim()));
      if (isIP(client) === 0) return peer;
      if (!this.trusts(client)) break;
    }
    return client;
  }
}
