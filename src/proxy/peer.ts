import { BlockList, isIPv4, isIPv6 } from "node:net";

const mappedPrefix = "::ffff:";

/** IPv4 addresses in their short form, also when they came as `::ffff:…` through a socket of both families. */
export function plainAddress(address: string): string {
  return address.startsWith(mappedPrefix) && isIPv4(address.slice(mappedPrefix.length))
    ? address.slice(mappedPrefix.length)
    : address;
}

/** Answers whether a peer's X-Forwarded-* and Forwarded count. The ranges were checked by the configuration. */
export class TrustedPeers {
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
}
