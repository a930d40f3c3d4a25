import { consistsOf, ownCopy, tokenBytes } from "./bytes.ts";

/** As `Via` names this gateway. */
const pseudonym = "skein";
const mappedIpv4 = "::ffff:";

/**
 * What the gateway tells workers about where a request came from. Made once per client connection: its texts are
 * prepared, and kept while requests name the same host.
 */
export class Origin {
  readonly trusted: boolean;
  /** The client's address as in X-Forwarded-For. */
  readonly address: string;
  readonly protocol: "http" | "https";
  /** `for=...` of Forwarded. */
  private readonly node: string;
  private authority = "";
  private prepared = "";

  /**
   * @param address the client's IP address; empty when there is none (a unix socket)
   * @param protocol of the client's connection
   * @param trusted the peer is one of the trusted proxies: what it says is kept and added to; else it is overwritten
   */
  constructor(address: string, protocol: "http" | "https", trusted: boolean) {
    const plain =
      address.startsWith(mappedIpv4) && address.includes(".") ? address.slice(mappedIpv4.length) : address;
    if (!consistsOf(plain.replaceAll(":", ""), tokenBytes))
      throw new Error("the client's address is not an IP address");
    this.address = plain === "" ? "unknown" : plain;
    this.protocol = protocol;
    this.trusted = trusted;
    this.node = this.address.includes(":") ? `for="[${this.address}]"` : `for=${this.address}`;
  }

  /** All fields of origin when nothing that was received counts. `authority` comes from the parser: it is valid. */
  fields(authority: string): string {
    if (authority !== this.authority) {
      this.authority = authority;
      // One text without parts: it goes into every head of this connection.
      this.prepared = ownCopy(
        `X-Forwarded-For: ${this.address}\r\n` +
          `X-Forwarded-Proto: ${this.protocol}\r\n` +
          `X-Forwarded-Host: ${authority}\r\n` +
          `Forwarded: ${this.forwardedElement(authority)}\r\n`,
      );
    }
    return this.prepared;
  }

  /** One element of Forwarded (RFC 7239). */
  forwardedElement(authority: string): string {
    return `${this.node};host="${authority}";proto=${this.protocol}`;
  }
}

export const viaFields = [`Via: 1.0 ${pseudonym}\r\n`, `Via: 1.1 ${pseudonym}\r\n`] as const;
