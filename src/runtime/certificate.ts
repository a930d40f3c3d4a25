import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { messageOfPem, pemBlocks } from "./pem.ts";
import { type FileReading, readSmallFile } from "./small-file.ts";

/** A certificate with its key, read and found to fit together. The key never leaves the process that read it. */
export interface Certificate {
  /** PEM: the certificate, then those between it and an authority. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Of the certificates; tells nothing of the key. */
  readonly digest: string;
  /** Hosts that it is for, lower case: `example.com`, `*.example.com`. */
  readonly names: readonly string[];
  /** Milliseconds of wall time. */
  readonly notAfter: number;
}

/** What is wrong with one of the two files, and what to do. Holds nothing of their content. */
export interface CertificateRemark {
  readonly of: "cert" | "key";
  readonly message: string;
}

export type CertificateReading =
  | { readonly ok: true; readonly certificate: Certificate; readonly warnings: readonly CertificateRemark[] }
  | { readonly ok: false; readonly fault: CertificateRemark };

/** Stops the reading of one certificate with what is wrong. */
class Unfit extends Error {
  readonly remark: CertificateRemark;

  constructor(of: CertificateRemark["of"], message: string) {
    super(message);
    this.remark = { of, message };
  }
}

/**
 * Reads the two files and judges them as a handshake would: parsed, fitting, and taken by the TLS library. That a
 * certificate is out of its time, or for no host, is a warning: clients judge that. `wallTime` in milliseconds.
 */
export function readCertificate(
  files: { readonly cert: string; readonly key: string },
  wallTime: number,
): CertificateReading {
  try {
    const chain = parseChain(files.cert, readOrThrow("cert", files.cert).text);
    const { text: key, open } = readOrThrow("key", files.key);
    refuseMismatch(files, chain, parseKey(files.key, key));
    const [leaf] = chain as [X509Certificate];
    const cert = chain.map((each) => each.toString()).join("");
    refuseUnusable(files.cert, cert, key);
    const notAfter = endOf(files.cert, leaf);
    const certificate = { cert, key, digest: digestOfChain(chain), names: namesOf(leaf), notAfter };
    const warnings = warningsOf(files.cert, chain, wallTime);
    if (open)
      warnings.push({ of: "key", message: `every user of this host can read ${files.key}: ${closeIt}` });
    return { ok: true, certificate, warnings };
  } catch (error) {
    if (error instanceof Unfit) return { ok: false, fault: error.remark };
    throw error;
  }
}

export function digestOfChain(chain: readonly X509Certificate[]): string {
  const hash = createHash("sha256");
  for (const certificate of chain) hash.update(certificate.raw);
  return hash.digest("hex").slice(0, 16);
}

const closeIt = "take that right away (chmod o-r)";

function readOrThrow(of: CertificateRemark["of"], file: string): Extract<FileReading, { ok: true }> {
  const reading = readSmallFile(file);
  if (!reading.ok) throw new Unfit(of, reading.fault);
  return reading;
}

function parseChain(file: string, text: string): X509Certificate[] {
  const blocks = pemBlocks(text, "CERTIFICATE");
  if (blocks.length === 0) {
    const other =
      pemBlocks(text, "PRIVATE KEY").length > 0 ? "a private key; are cert and key exchanged?" : "";
    throw new Unfit("cert", messageOfPem(file, "certificate", other));
  }
  return blocks.map((block, at) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new Unfit("cert", `certificate ${at + 1} in ${file} cannot be read (${codeOf(error)})`);
    }
  });
}

function parseKey(file: string, text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    const how = `write it without a passphrase: openssl pkey -in ${file} -out NEW_FILE`;
    throw new Unfit("key", `the key in ${file} is encrypted; ${how}`);
  }
  if (pemBlocks(text, "PRIVATE KEY").length === 0) {
    const other =
      pemBlocks(text, "CERTIFICATE").length > 0 ? "a certificate; are cert and key exchanged?" : "";
    throw new Unfit("key", messageOfPem(file, "private key", other));
  }
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw new Unfit("key", `the private key in ${file} cannot be read (${codeOf(error)})`);
  }
}

function refuseMismatch(
  files: { cert: string; key: string },
  chain: readonly X509Certificate[],
  key: KeyObject,
): void {
  if (chain[0]?.checkPrivateKey(key)) return;
  const at = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (at !== -1) {
    const order = `the certificate of the key must be the first in the file, it is number ${at + 1}`;
    throw new Unfit("cert", `${files.cert}: ${order}; put those between it and the authority behind it`);
  }
  throw new Unfit(
    "key",
    `the key in ${files.key} does not belong to the certificate in ${files.cert}; name the two that were made together`,
  );
}

function endOf(file: string, { validTo }: X509Certificate): number {
  const end = Date.parse(validTo);
  if (!Number.isNaN(end)) return end;
  throw new Unfit("cert", `when the certificate in ${file} ends cannot be read; have it issued anew`);
}

/** Whatever else the TLS library does not take, like a key that is too short. */
function refuseUnusable(file: string, cert: string, key: string): void {
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new Unfit("cert", `the certificate in ${file} cannot be used for TLS (${codeOf(error)})`);
  }
}

/** Of extendedKeyUsage, which Node calls keyUsage. */
const serverUse = "1.3.6.1.5.5.7.3.1";
const anyUse = "2.5.29.37.0";

function warningsOf(file: string, chain: readonly X509Certificate[], wallTime: number): CertificateRemark[] {
  const [leaf, next] = chain as [X509Certificate, X509Certificate | undefined];
  const warnings: string[] = [];
  if (wallTime > Date.parse(leaf.validTo))
    warnings.push(`the certificate in ${file} has expired (${leaf.validTo}): clients will refuse it`);
  if (wallTime < Date.parse(leaf.validFrom))
    warnings.push(`the certificate in ${file} is not valid before ${leaf.validFrom}: clients will refuse it`);
  if (namesOf(leaf).length === 0)
    warnings.push(`the certificate in ${file} names no host (no DNS name in subjectAltName)`);
  if (next !== undefined && !leaf.checkIssued(next))
    warnings.push(`the second certificate in ${file} is not that of the first one's issuer`);
  const uses = leaf.keyUsage as string[] | undefined;
  if (uses !== undefined && !uses.includes(serverUse) && !uses.includes(anyUse))
    warnings.push(`the certificate in ${file} is not for servers (extendedKeyUsage): clients will refuse it`);
  warnings.push(...weaknessesOf(file, chain));
  return warnings.map((message) => ({ of: "cert", message }));
}

/** What the TLS library takes, and many clients do not. */
function weaknessesOf(file: string, chain: readonly X509Certificate[]): string[] {
  const weak: string[] = [];
  for (const [at, certificate] of chain.entries()) {
    // Not known to an older Node. Nobody looks at how an authority has signed itself.
    const algorithm = (certificate as { signatureAlgorithm?: string }).signatureAlgorithm ?? "";
    if (/sha-?1(?!\d)/i.test(algorithm) && certificate.issuer !== certificate.subject)
      weak.push(
        `certificate ${at + 1} in ${file} is signed by way of SHA-1 (${algorithm}): clients will refuse it; have it issued with SHA-256`,
      );
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = chain[0]!.publicKey;
  const curve = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType ?? "";
  if (!commonKeys.has(curve))
    weak.push(
      `the key of the certificate in ${file} is of the curve ${curve}: many clients will refuse it; make one of ${[...commonKeys].slice(2).join(", ")} or RSA`,
    );
  return weak;
}

/** Curves by the library's names: P-256, P-384, P-521. */
const commonKeys: ReadonlySet<string> = new Set([
  "rsa",
  "rsa-pss",
  "prime256v1",
  "secp384r1",
  "secp521r1",
  "ed25519",
]);

/** Other names (addresses, mail) are no hosts; quoted ones are nothing that a certificate should bear. */
function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? "")
    .split(", ")
    .map((name) => /^DNS:((?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/i.exec(name)?.[1]?.toLowerCase())
    .filter((name) => name !== undefined);
}

/** The library's code, never its text: that may quote the file. */
function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "not valid";
}
