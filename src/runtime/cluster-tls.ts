import { existsSync } from "node:fs";
import { isLoopbackHost } from "../core/registry/address.ts";
import { readAuthorities } from "./authorities.ts";
import { readCertificate } from "./certificate.ts";
import type { Places } from "./places.ts";

/** By which this host's controllers show who they are, and know others of the cluster. PEM texts. */
export interface ClusterTls {
  ca: string;
  cert: string;
  key: string;
  /** Of all but the key. */
  digest: string;
}

/** Whether the control API is served with TLS: where others can reach it, as soon as this host has a certificate. */
export function controlIsSecure({ tls }: Pick<Places, "tls">, controlHost: string): boolean {
  return !isLoopbackHost(controlHost) && existsSync(tls.cert);
}

/** The cluster's certificates in the state directory. Throws when one of them cannot be used: then nothing may be served. */
export function readClusterTls({ tls }: Pick<Places, "tls">, wallTime: number): ClusterTls {
  const authorities = readAuthorities(tls.ca);
  if (!authorities.ok) throw new Error(authorities.fault);
  const reading = readCertificate(tls, wallTime);
  if (!reading.ok) throw new Error(reading.fault.message);
  const { cert, key, digest } = reading.certificate;
  return { ca: authorities.certificates.join(""), cert, key, digest: `${authorities.digest} ${digest}` };
}
