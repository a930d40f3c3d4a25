import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIP, SocketAddress } from "node:net";
import { SkeinError } from "../protocol/error.ts";
import {
  bits,
  boolean,
  type Der,
  explicit,
  implicit,
  integer,
  objectId,
  octets,
  sequence,
  set,
  text,
  time,
} from "./der.ts";

/** PEM texts. */
export interface PemPair {
  cert: string;
  key: string;
}

export interface Validity {
  /** Milliseconds of wall time. */
  now: number;
  days: number;
}

const dayMs = 86_400_000;
/** Clocks of hosts differ: what was made here must be good there at once. */
const earlierMs = 3_600_000;

const ecdsaWithSha256 = sequence(objectId("1.2.840.10045.4.3.2"));
const ids = {
  commonName: objectId("2.5.4.3"),
  subjectKeyId: objectId("2.5.29.14"),
  keyUsage: objectId("2.5.29.15"),
  subjectAltName: objectId("2.5.29.17"),
  basicConstraints: objectId("2.5.29.19"),
  authorityKeyId: objectId("2.5.29.35"),
  extendedKeyUsage: objectId("2.5.29.37"),
  serverAuth: objectId("1.3.6.1.5.5.7.3.1"),
  clientAuth: objectId("1.3.6.1.5.5.7.3.2"),
};
/** Bit strings: keyCertSign and cRLSign; digitalSignature. */
const usages = { authority: bits(Uint8Array.of(0x06), 1), host: bits(Uint8Array.of(0x80), 7) };

/** An authority of a cluster's own. Its key signs everything that the cluster's parts trust. */
export function makeAuthority(name: string, { now, days }: Validity): PemPair {
  const { publicKey, privateKey } = newKeys();
  const subject = nameOf(name);
  const cert = certificateOf({
    issuer: subject,
    subject,
    notBefore: now - earlierMs,
    notAfter: now + days * dayMs,
    publicKey,
    signingKey: privateKey,
    extensions: [
      extension(ids.basicConstraints, true, sequence(boolean(true), integer(Uint8Array.of(0)))),
      extension(ids.keyUsage, true, usages.authority),
      extension(ids.subjectKeyId, false, octets(keyId(publicKey))),
    ],
  });
  return { cert, key: keyText(privateKey) };
}

/**
 * A certificate for one host under these names: DNS names and IP addresses by which others reach it. Throws SkeinError when
 * the authority is not one that `makeAuthority` has made, or has ended.
 */
export function issueCertificate(
  authority: PemPair,
  hosts: readonly string[],
  { now, days }: Validity,
): PemPair {
  const issuer = new X509Certificate(authority.cert);
  if (Date.parse(issuer.validTo) <= now) {
    throw new SkeinError(
      "invalid",
      `this authority ended at ${issuer.validTo}: nobody would take what it issues; make another by \`skein ca init\` in a directory of its own (--dir), and issue by it for every host`,
    );
  }
  const { publicKey, privateKey } = newKeys();
  const cert = certificateOf({
    issuer: nameOf(issuer.subject.replace(/^CN=/, "")),
    subject: nameOf(hosts[0] ?? "skein"),
    notBefore: now - earlierMs,
    // What outlives its authority would only end later than it says.
    notAfter: Math.min(now + days * dayMs, Date.parse(issuer.validTo)),
    publicKey,
    signingKey: createPrivateKey(authority.key),
    extensions: [
      extension(ids.basicConstraints, true, sequence()),
      extension(ids.keyUsage, true, usages.host),
      extension(ids.extendedKeyUsage, false, sequence(ids.serverAuth, ids.clientAuth)),
      extension(ids.subjectAltName, false, sequence(...hosts.map(alternativeName))),
      extension(ids.authorityKeyId, false, sequence(implicit(0, keyId(createPublicKey(authority.cert))))),
    ],
  });
  const made = new X509Certificate(cert);
  if (made.checkIssued(issuer) && made.verify(issuer.publicKey)) return { cert, key: keyText(privateKey) };
  throw new SkeinError("invalid", "this authority, or its key, was not made by `skein ca init`");
}

interface Wishes {
  issuer: Der;
  subject: Der;
  notBefore: number;
  notAfter: number;
  publicKey: KeyObject;
  signingKey: KeyObject;
  extensions: Der[];
}

/** RFC 5280 4.1. */
function certificateOf(wishes: Wishes): string {
  const { issuer, subject, notBefore, notAfter, publicKey, signingKey, extensions } = wishes;
  const toBeSigned = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    // Positive, and never given twice.
    integer(Uint8Array.from(randomBytes(16), (byte, place) => (place === 0 ? byte & 0x7f : byte))),
    ecdsaWithSha256,
    issuer,
    sequence(time(new Date(notBefore)), time(new Date(notAfter))),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(toBeSigned, ecdsaWithSha256, bits(sign("sha256", toBeSigned, signingKey)));
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function extension(id: Der, critical: boolean, value: Der): Der {
  return sequence(id, ...(critical ? [boolean(true)] : []), octets(value));
}

function nameOf(commonName: string): Der {
  return sequence(set(sequence(ids.commonName, text(commonName))));
}

function alternativeName(host: string): Der {
  return isIP(host) === 0 ? implicit(2, Buffer.from(host, "ascii")) : implicit(7, addressBytes(host));
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split("."), Number);
  const [left = "", right] = new SocketAddress({ address, family: "ipv6" }).address.split("::");
  const groups = (half: string): number[] =>
    half === "" ? [] : half.split(":").flatMap((each) => groupsOf(each));
  const [first, last] = [groups(left), groups(right ?? "")];
  const all =
    right === undefined
      ? first
      : [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** One group in hex; an IPv4 address at the end is two. */
function groupsOf(text: string): number[] {
  if (!text.includes(".")) return [Number.parseInt(text, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number);
  return [(a << 8) | b, (c << 8) | d];
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

function keyText(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" });
}

/** A name of the key, for who builds chains; it proves nothing. */
function keyId(key: KeyObject): Uint8Array {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 20);
}
