import type { FileDigest, Reception, Service, TrafficConfiguration } from "./configuration.ts";

// Files that a configuration names are read on the host that needs them. Where the configuration was read on another one,
// the digests in it are of other files under the same paths: what a host has read itself counts there.

type Receptions = Record<string, Reception>;
type Services = Record<string, Service>;
type Change = <File extends FileDigest>(file: File, path: string) => File;

/** With the digests of the certificates that this host's `own` receptions name as well. */
export function receptionsHere(receptions: Receptions, own: Receptions): Receptions {
  const digests = new Map(Object.values(own).flatMap(certificatesOf));
  return receptionsWith(receptions, (files, path) => fileHere(files, digests.get(path)));
}

/** With the digests of the authorities and keys that this host's `own` services name as well. */
export function servicesHere(services: Services, own: Services): Services {
  const authorities = new Map<string, string>();
  const keys = new Map<string, string>();
  for (const { tls, sticky } of Object.values(own)) {
    if (tls?.ca !== undefined) authorities.set(tls.ca.file, tls.ca.digest);
    if (sticky?.keyFile !== undefined) keys.set(sticky.keyFile.file, sticky.keyFile.digest);
  }
  return servicesWith(services, {
    ca: (file, path) => fileHere(file, authorities.get(path)),
    keyFile: (file, path) => fileHere(file, keys.get(path)),
  });
}

/** They say the same, and each host has files of its own where they name some. */
export function sameButFiles(one: TrafficConfiguration, other: TrafficConfiguration): boolean {
  return withoutDigests(one) === withoutDigests(other);
}

function withoutDigests(traffic: TrafficConfiguration): string {
  const { proxy, services } = traffic;
  const without: Change = (file) => ({ ...file, digest: "", stored: undefined });
  const receptions = proxy.receptions && receptionsWith(proxy.receptions, without);
  return JSON.stringify({
    ...traffic,
    proxy: { ...proxy, receptions },
    services: servicesWith(services, { ca: without, keyFile: without }),
  });
}

function receptionsWith(receptions: Receptions, change: Change): Receptions {
  return mapped(receptions, (reception) => {
    if (reception.kind !== "https") return reception;
    return {
      ...reception,
      certificates: reception.certificates.map((files) => change(files, files.cert)),
    };
  });
}

function servicesWith(services: Services, change: { ca: Change; keyFile: Change }): Services {
  return mapped(services, (service) => {
    const { tls, sticky } = service;
    const ca = tls?.ca && change.ca(tls.ca, tls.ca.file);
    const keyFile = sticky?.keyFile && change.keyFile(sticky.keyFile, sticky.keyFile.file);
    return {
      ...service,
      ...(tls === undefined || ca === undefined ? {} : { tls: { ...tls, ca } }),
      ...(sticky === undefined || keyFile === undefined ? {} : { sticky: { ...sticky, keyFile } }),
    };
  });
}

/** `own`: as this host has read it; undefined: its configuration does not name it. */
function fileHere<File extends FileDigest>(file: File, own: string | undefined): File {
  return own === undefined || own === file.digest ? file : { ...file, digest: own, stored: file.digest };
}

function certificatesOf(reception: Reception): [path: string, digest: string][] {
  return reception.kind === "https" ? reception.certificates.map(({ cert, digest }) => [cert, digest]) : [];
}

function mapped<Value>(record: Record<string, Value>, of: (value: Value) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));
}
