import { consistsOf, ownCopy, tokenBytes } from "./bytes.ts";
import type { RequestHead } from "./head.ts";

/** As `Via` names this gateway. */
const pseudonym = "skein";
const mappedIpv4 = "::ffff:";

/** The proxies in front that are trusted, this peer among them. */
export interface Forwarders {
  /** Who asks by this peer: an IP address, perhaps a slice of the head. */
  clientBehind(peer: string, head: RequestHead): string;
}

/**
 * What the gateway tells workers about where a request came from. Made once per client connection: its texts are
 * prepared, and kept while requests name the same host.
 */
export class Origin {
  /** The peer's, as it is added to X-Forwarded-For. */
  readonly address: string;
  readonly protocol: "http" | "https";
  /** `for=...` of Forwarded. */
  private readonly node: string;
  private readonly forwarders: Forwarders | undefined;
  private authority = "";
  private prepared = "";

  /**
   * @param address the peer's IP address; empty when there is none (a unix socket)
   * @param protocol of the peer's connection
   * @param forwarders set: the peer is one of them, and what it says is kept and added to; else it is overwritten
   */
  constructor(address: string, protocol: "http" | "https", forwarders?: Forwarders) {
    const plain =
      address.startsWith(mappedIpv4) && address.includes(".") ? address.slice(mappedIpv4.length) : address;
    if (!consistsOf(plain.replaceAll(":", ""), tokenBytes))
      throw new Error("the client's address is not an IP address");
    this.address = plain === "" ? "unknown" : plain;
    this.protocol = protocol;
    this.forwarders = forwarders;
    this.node = this.address.includes(":") ? `for="[${this.address}]"` : `for=${this.address}`;
  }

  get trusted(): boolean {
    return this.forwarders !== undefined;
  }

  /** Who sent this request: the peer, or whoever asked a trusted one. `head`: unset when nothing is known of it. */
  clientOf(head: RequestHead | undefined): string {
    return (head && this.forwarders?.clientBehind(this.address, head)) ?? this.address;
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
