import { createHmac } from "node:crypto";
import type { Socket } from "node:net";
import { type ConnectionOptions, createSecureContext, type SecureContext, TLSSocket } from "node:tls";

/**
 * How the key of a link encrypts what goes between hosts: TLS 1.3 with a pre-shared key made of it, and an ephemeral exchange
 * (RFC 8446, psk_dhe_ke), so that a key that becomes known later opens nothing of before. There are no certificates: who does
 * not know the key fails the handshake at either end.
 */
export type SealedProtocol =
  /** Frames: see link/. */
  | "skein-link"
  /** A connection like any other to the worker's server. */
  | "http/1.1";

export interface Seal {
  /** Of the link: 64 hex digits. */
  readonly key: string;
  readonly protocol: SealedProtocol;
}

const protocols: SealedProtocol[] = ["skein-link", "http/1.1"];
/** Only these go with a pre-shared key that is given by callback: it is bound to SHA-256. */
const ciphers = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
const identity = "skein";

let context: SecureContext | undefined;

/** Trusts no certificate, and has none. */
function contextOfSeals(): SecureContext {
  context ??= createSecureContext({ ca: [], ciphers, minVersion: "TLSv1.3" });
  return context;
}

/** A key of its own: that of the link also proves, which is another use (see link/greeting.ts). */
function preSharedKey(key: string): Buffer {
  return createHmac("sha256", key).update("skein seal").digest();
}

/** What `tls.connect` needs. Established by `secureConnect`: the other end knows the key. */
export function sealing({ key, protocol }: Seal): ConnectionOptions {
  return {
    secureContext: contextOfSeals(),
    ALPNProtocols: [protocol],
    pskCallback: () => ({ psk: preSharedKey(key), identity }),
    // Said here, so that no variable of the environment can turn it off.
    rejectUnauthorized: true,
    // Asked only where a certificate was shown instead of the key.
    checkServerIdentity: () => new Error("a certificate is no proof that it knows the link's key"),
  };
}

/** The first byte of a TLS handshake; a frame of a link begins otherwise. */
export const firstByteOfTls = 0x16;

/** The worker's end of an accepted connection. `opened` is told when the other end has shown that it knows the key. */
export function unseal(
  socket: Socket,
  key: string,
  opened: (sealed: TLSSocket, protocol: SealedProtocol) => void,
): void {
  const options = {
    isServer: true,
    secureContext: contextOfSeals(),
    ALPNProtocols: protocols,
    pskCallback: () => preSharedKey(key),
  };
  const sealed = new TLSSocket(socket, options);
  // The library keeps errors to itself when no server of its own has begun the handshake.
  sealed.on("_tlsError", (error: Error) => sealed.destroy(error));
  sealed.on("error", () => undefined);
  sealed.on("secure", () => {
    const protocol = protocols.find((one) => one === sealed.alpnProtocol);
    if (protocol === undefined) sealed.destroy();
    else opened(sealed, protocol);
  });
}
