import { X509Certificate } from "node:crypto";
import { isLoopbackHost } from "../core/registry/address.ts";
import { readAuthorities } from "./authorities.ts";
import { readCertificate } from "./certificate.ts";
import type { Places } from "./places.ts";
import { isNothing } from "./small-file.ts";

/** By which this host's controllers show who they are, and know others of the cluster. PEM texts. */
export interface ClusterTls {
  ca: string;
  cert: string;
  key: string;
  /** Of all but the key. */
  digest: string;
  /** Of the certificate; milliseconds of wall time. */
  notAfter: number;
}

/**
 * Whether the control API would be served with TLS: where others can reach it, as soon as this host has a certificate. One that cannot
 * be read is one: it must never mean plain text.
 */
export function controlIsSecure({ tls }: Pick<Places, "tls">, controlHost: string): boolean {
  return !isLoopbackHost(controlHost) && !isNothing(tls.cert);
}

/** The cluster's certificates in the state directory. Throws when one of them cannot be used: then nothing may be served. */
export function readClusterTls({ tls }: Pick<Places, "tls">, wallTime: number): ClusterTls {
  const authorities = readAuthorities(tls.ca);
  if (!authorities.ok) throw new Error(authorities.fault);
  const reading = readCertificate(tls, wallTime);
  if (!reading.ok) throw new Error(reading.fault.message);
  const { cert, key, digest, notAfter } = reading.certificate;
  return {
    ca: authorities.certificates.join(""),
    cert,
    key,
    digest: `${authorities.digest} ${digest}`,
    notAfter,
  };
}

/**
 * As `readClusterTls`, where `before` is in use. Throws also when what is there now is out of its time and `before` is not: to
 * change would shut out everybody.
 */
export function renewClusterTls(
  places: Pick<Places, "tls">,
  before: ClusterTls,
  wallTime: number,
): ClusterTls {
  const now = readClusterTls(places, wallTime);
  const { from, to } = timeOf(now);
  if (isWithin(now, wallTime) || !isWithin(before, wallTime)) return now;
  throw new Error(
    `the certificate in ${places.tls.cert} is valid from ${from} to ${to} only, and the one in use is still good; ` +
      "look at this host's clock, and issue another by `skein ca issue`",
  );
}

const remindMs = 14 * 86_400_000;

/** What operators have to be told of the time of the certificate in `file`. Of one made for a short time, when a third of it is left. */
export function remarkOnTime(certificates: ClusterTls, file: string, wallTime: number): string | undefined {
  const { from, to } = timeOf(certificates);
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const then = "other hosts, workers and commands refuse it; issue another by `skein ca issue`";
  if (wallTime > end) return `the certificate in ${file} has expired (${to}): ${then}`;
  if (wallTime < begin)
    return `the certificate in ${file} is not valid before ${from}: until then ${then}, or look at this host's clock`;
  const isNear = end - wallTime < Math.min(remindMs, (end - begin) / 3);
  return isNear ? `the certificate in ${file} is valid until ${to} only: then ${then}` : undefined;
}

function isWithin(certificates: ClusterTls, wallTime: number): boolean {
  const { from, to } = timeOf(certificates);
  return Date.parse(from) <= wallTime && wallTime <= Date.parse(to);
}

/** As the certificate says it. */
function timeOf({ cert }: ClusterTls): { from: string; to: string } {
  const { validFrom, validTo } = new X509Certificate(cert);
  return { from: validFrom, to: validTo };
}
