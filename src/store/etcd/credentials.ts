import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { EtcdSettings } from "../../protocol/configuration.ts";
import { SkeinError } from "../../protocol/error.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { SaidLately } from "../../runtime/said-lately.ts";

/** What TLS needs, read from the files that the settings name. */
export interface TlsMaterial {
  /** Undefined: the system's authorities. */
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
}

export interface User {
  name: string;
  password: string;
}

/** Each call gives what the files say by then: they are renewed while the process lives. */
export interface Credentials {
  /** Undefined: plain HTTP. */
  tls: (() => TlsMaterial) | undefined;
  /** Undefined: etcd knows no users. */
  user: (() => User) | undefined;
}

export interface CredentialSurroundings {
  clock: Pick<Clock, "now">;
  logger: Pick<Logger, "warn">;
}

/**
 * Reads the files. A missing or empty one is an error, and so is a key that is not the certificate's: nothing is tried without
 * what was asked for. Once they were good, files that are not are told to the log, and what they held before counts.
 */
export function credentialsOf(
  { tls, user }: EtcdSettings,
  surroundings: CredentialSurroundings,
): Credentials {
  return {
    tls: tls === undefined ? undefined : kept(() => tlsMaterial(tls), surroundings),
    user:
      user === undefined
        ? undefined
        : kept(() => ({ name: user.name, password: passwordIn(user.passwordFile) }), surroundings),
  };
}

/** Reads at once, and again with each call; where that throws, it gives what was read last. */
function kept<Value>(read: () => Value, { clock, logger }: CredentialSurroundings): () => Value {
  const said = new SaidLately(clock);
  let last = read();
  return () => {
    try {
      last = read();
    } catch (error) {
      const text = error instanceof SkeinError ? error.detail : String(error);
      if (said.mayBeSaid(text)) logger.warn({ error: text }, "what was read before is used for etcd");
    }
    return last;
  };
}

function tlsMaterial({ ca, cert, key }: NonNullable<EtcdSettings["tls"]>): TlsMaterial {
  const material = {
    ...(ca === undefined ? {} : { ca: contentOf(ca, "certificate of the authority") }),
    ...(cert === undefined ? {} : { cert: contentOf(cert, "certificate") }),
    ...(key === undefined ? {} : { key: contentOf(key, "key") }),
  };
  try {
    createSecureContext(material);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const what = `the certificate in ${cert} and the key in ${key} cannot be used for etcd (${text})`;
    throw new SkeinError("storeFailed", what, { cause: error });
  }
  return material;
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
