import { isIP } from "node:net";
import { resolve as resolvePath } from "node:path";
import type { CertificateFiles, Reception, WorkerTls } from "../protocol/configuration.ts";
import type { AuthoritiesReading } from "../runtime/authorities.ts";
import type { CertificateReading } from "../runtime/certificate.ts";
import type { StickyKeyReading } from "../runtime/sticky-key.ts";
import { looksLikePem } from "../runtime/pem.ts";
import { isHostName } from "./address.ts";
import type { CertificateConfig, TlsConfig, WorkerTlsConfig } from "./config.ts";
import { strictTransportOf } from "./hsts.ts";
import type { Issues, KeyPath } from "./issues.ts";

/** Reads the files that a configuration names, to judge them before anybody depends on them. */
export interface TlsFiles {
  certificate(files: { cert: string; key: string }): CertificateReading;
  authorities(file: string): AuthoritiesReading;
  stickyKey(file: string): StickyKeyReading;
}

export interface FileSurroundings {
  /** Of the configuration's file: the paths in it are relative to this. */
  readonly directory: string;
  readonly files: TlsFiles;
}

export type SecureReception = Extract<Reception, { kind: "https" }>;

const certificatesMax = 1_000;

export function resolveTls(
  written: TlsConfig | CertificateConfig[],
  path: KeyPath,
  surroundings: FileSurroundings,
  issues: Issues,
): SecureReception {
  const config = Array.isArray(written) ? { certificates: written } : written;
  const strictTransport = strictTransportOf(config.hsts, [...path, "hsts"], issues);
  const certificates: CertificateFiles[] = [];
  const namedBy = new Map<string, string>();
  for (const [each, at] of certificatesOf(written, path, issues)) {
    const reading = readFiles(each, at, surroundings, issues);
    if (reading === undefined) continue;
    const { files, names } = reading;
    certificates.push(files);
    for (const name of names) {
      const other = namedBy.get(name);
      if (other !== undefined && other !== files.cert)
        issues.warn([...at, "cert"], `${name} stands in ${other} too; that one serves it, as it comes first`);
      namedBy.set(name, other ?? files.cert);
    }
  }
  const { minVersion = "TLSv1.2" } = config;
  return {
    kind: "https",
    certificates,
    minVersion,
    ...(strictTransport === undefined ? {} : { strictTransport }),
  };
}

/** The certificates in whichever form they are written, and where each stands. */
function certificatesOf(
  written: TlsConfig | CertificateConfig[],
  path: KeyPath,
  issues: Issues,
): [CertificateConfig, KeyPath][] {
  const { cert, key, certificates } = Array.isArray(written)
    ? { cert: undefined, key: undefined, certificates: written }
    : written;
  if (certificates === undefined) {
    if (cert !== undefined && key !== undefined) return [[{ cert, key }, path]];
    const missing = cert === undefined ? "cert" : "key";
    issues.add(
      [...path, missing],
      `the key "${missing}" is missing; TLS needs "cert" and "key", two PEM files`,
    );
    return [];
  }
  const listPath = Array.isArray(written) ? path : [...path, "certificates"];
  if (cert !== undefined || key !== undefined)
    issues.add(path, 'choose one of "certificates" and "cert" with "key"');
  if (certificates.length === 0) issues.add(listPath, "the list is empty; TLS needs a certificate");
  if (certificates.length > certificatesMax) issues.add(listPath, `at most ${certificatesMax} certificates`);
  return certificates.slice(0, certificatesMax).map((each, at) => [each, [...listPath, at]]);
}

function readFiles(
  { cert, key }: CertificateConfig,
  path: KeyPath,
  { directory, files }: FileSurroundings,
  issues: Issues,
): { files: CertificateFiles; names: readonly string[] } | undefined {
  const certFile = resolveFile(cert, [...path, "cert"], directory, issues);
  const keyFile = resolveFile(key, [...path, "key"], directory, issues);
  if (certFile === undefined || keyFile === undefined) return undefined;
  const named = { cert: certFile, key: keyFile };
  const reading = files.certificate(named);
  if (!reading.ok) return issues.add([...path, reading.fault.of], reading.fault.message);
  for (const { of, message } of reading.warnings) issues.warn([...path, of], message);
  const { digest, names } = reading.certificate;
  return { files: { ...named, digest }, names };
}

/** Absolute. What looks like the content of a file is not repeated: it may be a private key. */
export function resolveFile(
  written: string,
  path: KeyPath,
  directory: string,
  issues: Issues,
): string | undefined {
  if (looksLikePem(written)) return issues.add(path, "write the path of a file here, not its content");
  if (written === "") return issues.add(path, "the text is empty; write the path of a file");
  return resolvePath(directory, written);
}

/** How the workers of a service are spoken to; undefined: in clear. */
export function resolveWorkerTls(
  written: boolean | WorkerTlsConfig | undefined,
  path: KeyPath,
  { directory, files }: FileSurroundings,
  issues: Issues,
): WorkerTls | undefined {
  if (written === undefined || written === false) return undefined;
  const { ca, name, insecureSkipVerify = false } = written === true ? {} : written;
  if (insecureSkipVerify) {
    if (ca !== undefined || name !== undefined)
      issues.add(path, 'choose: with "insecureSkipVerify" nothing is verified, neither "ca" nor "name"');
    const danger = "whoever takes a worker's place reads and changes every request";
    issues.warn([...path, "insecureSkipVerify"], `the workers' certificates are not verified: ${danger}`);
    return { verify: false };
  }
  if (name !== undefined && (!isHostName(name) || isIP(name) !== 0))
    issues.add([...path, "name"], `${JSON.stringify(name)} is no host name, as a certificate bears it`);
  const serverName = name === undefined ? {} : { serverName: name.toLowerCase() };
  if (ca === undefined) return { ...serverName, verify: true };
  const file = resolveFile(ca, [...path, "ca"], directory, issues);
  if (file === undefined) return undefined;
  const reading = files.authorities(file);
  if (!reading.ok) return issues.add([...path, "ca"], reading.fault);
  return { ca: { file, digest: reading.digest }, ...serverName, verify: true };
}
