import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from "node:crypto";

/**
 * How two controllers of different gateways prove to each other who they are, before either believes a word. Each knows
 * the other's public key from its record in the store; the stream's two random numbers make every proof good for this
 * stream alone, and both names make it good for this pair alone.
 *
 * ```
 * dialling side                                   listening side
 *   GET /v1/peer?from=INSTANCE        ---->       (it must stand in the store)
 *                                     <----       challenge: nonce
 *   proof: own nonce, signature       ---->
 *                                     <----       welcome: signature
 *   hello, snapshot, news, ...        ---->
 * ```
 */
export type HandshakeFrame =
  | { t: "challenge"; v: 1; nonce: string }
  | { t: "proof"; nonce: string; proof: string }
  | { t: "welcome"; proof: string };

/** What both sides sign. `channel` binds it to the connection below, where that has a name of its own. */
export interface Meeting {
  dialler: string;
  listener: string;
  listenerNonce: string;
  diallerNonce: string;
  channel: string;
}

export interface PeerKeys {
  /** As it stands in the store. */
  publicKey: string;
  privateKey: KeyObject;
}

const frameBytesMax = 1024;
const noncePattern = /^[A-Za-z0-9_-]{43}$/;
const proofPattern = /^[A-Za-z0-9_-]{86}$/;

/** For one life of a controller. */
export function newPeerKeys(): PeerKeys {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { publicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64url"), privateKey };
}

export function newNonce(): string {
  return randomBytes(32).toString("base64url");
}

export function proofOf(side: "dialler" | "listener", meeting: Meeting, privateKey: KeyObject): string {
  return sign(null, textOf(side, meeting), privateKey).toString("base64url");
}

/** False also when the key is none: it was written by others. */
export function proves(
  proof: string,
  side: "dialler" | "listener",
  meeting: Meeting,
  publicKey: string,
): boolean {
  try {
    const der = Buffer.from(publicKey, "base64url");
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    if (key.asymmetricKeyType !== "ed25519") return false;
    return verify(null, textOf(side, meeting), key, Buffer.from(proof, "base64url"));
  } catch {
    return false;
  }
}

/** Undefined: it is no such frame. */
export function parseHandshake<Kind extends HandshakeFrame["t"]>(
  text: string,
  kind: Kind,
): Extract<HandshakeFrame, { t: Kind }> | undefined {
  if (text.length > frameBytesMax) return undefined;
  let frame: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    frame = value as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { t, nonce, proof } = frame;
  const hasNonce = kind === "welcome" || (typeof nonce === "string" && noncePattern.test(nonce));
  const hasProof = kind === "challenge" || (typeof proof === "string" && proofPattern.test(proof));
  return t === kind && hasNonce && hasProof
    ? (frame as unknown as Extract<HandshakeFrame, { t: Kind }>)
    : undefined;
}

function textOf(side: "dialler" | "listener", meeting: Meeting): Buffer {
  const { dialler, listener, listenerNonce, diallerNonce, channel } = meeting;
  const parts = ["skein-peer-1", side, dialler, listener, listenerNonce, diallerNonce, channel];
  return Buffer.from(JSON.stringify(parts));
}
