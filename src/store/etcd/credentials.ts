import { readFileSync } from "node:fs";
import type { EtcdSettings } from "../../protocol/configuration.ts";
import { SkeinError } from "../../protocol/error.ts";

/** What TLS needs, read from the files that the settings name. */
export interface TlsMaterial {
  /** Undefined: the system's authorities. */
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
}

export interface Credentials {
  /** Undefined: plain HTTP. */
  tls: TlsMaterial | undefined;
  /** Undefined: etcd knows no users. */
  user: { name: string; password: string } | undefined;
}

/** Reads the files. A missing or empty one is an error: nothing is tried without what was asked for. */
export function readCredentials({ tls, user }: EtcdSettings): Credentials {
  return {
    tls: tls === undefined ? undefined : tlsMaterial(tls),
    user: user === undefined ? undefined : { name: user.name, password: passwordIn(user.passwordFile) },
  };
}

function tlsMaterial({ ca, cert, key }: NonNullable<EtcdSettings["tls"]>): TlsMaterial {
  return {
    ...(ca === undefined ? {} : { ca: contentOf(ca, "certificate of the authority") }),
    ...(cert === undefined ? {} : { cert: contentOf(cert, "certificate") }),
    ...(key === undefined ? {} : { key: contentOf(key, "key") }),
  };
}

function passwordIn(file: string): string {
  return contentOf(file, "password").toString("utf8").trimEnd();
}

function contentOf(file: string, what: string): Buffer {
  try {
    const content = readFileSync(file);
    if (content.length > 0) return content;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new SkeinError("storeFailed", `the ${what} for etcd cannot be read (${text})`, { cause: error });
  }
  throw new SkeinError("storeFailed", `${file} is empty; it should hold the ${what} for etcd`);
}
