import { constants, createHash } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { itemFor, type ServerNames, serverNames } from "../../core/tls/server-names.ts";
import type { Certificate } from "../../runtime/certificate.ts";

export interface TlsReceiverOptions {
  listener: string;
  /** At least one. The first serves who names no host, or one of none. */
  certificates: readonly Certificate[];
  minVersion: "TLSv1.2" | "TLSv1.3";
  /** 48 bytes, the same in every proxy of the gateway: any of them resumes what another one began. */
  ticketKey: Buffer;
}

/** HTTP/2 comes later. Who offers only what is not here is refused by the TLS library (RFC 7301, 3.2). */
const protocols = ["http/1.1"];
/** A session may be resumed for so long. */
const sessionSeconds = 7_200;

/** Which certificate serves which host of one listener. Never changed: a new one takes its place. */
export class TlsReceiver {
  readonly #first: () => SecureContext;
  readonly #byName: ServerNames<() => SecureContext>;

  constructor(options: TlsReceiverOptions) {
    // Made when it is first needed: with hundreds of certificates a reload would else hold up every request.
    const contexts = options.certificates.map((certificate) => {
      let context: SecureContext | undefined;
      return { names: certificate.names, item: () => (context ??= contextOf(certificate, options)) };
    });
    const [first] = contexts;
    if (first === undefined) throw new Error("invariant: a listener with TLS has a certificate");
    this.#first = first.item;
    this.#byName = serverNames(contexts);
  }

  /**
   * Begins the handshake. The certificate is chosen here and not by a callback of the library, which is not asked when a
   * session is resumed, and whose errors have ended processes (CVE-2026-21637). Throws what the library throws.
   */
  receive(transport: Socket, serverName: string): TLSSocket {
    const context = itemFor(this.#byName, serverName) ?? this.#first;
    return new TLSSocket(transport, { isServer: true, secureContext: context(), ALPNProtocols: protocols });
  }
}

function contextOf(
  { cert, key }: Certificate,
  { listener, minVersion, ticketKey }: TlsReceiverOptions,
): SecureContext {
  return createSecureContext({
    cert,
    key,
    minVersion,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ticketKeys: ticketKey,
    sessionTimeout: sessionSeconds,
    // A session of one listener is none of another's.
    sessionIdContext: createHash("sha256").update(listener).digest("hex").slice(0, 32),
  });
}
