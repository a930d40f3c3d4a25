import { resolve } from "node:path";
import { SkeinError } from "../protocol/error.ts";
import { type AuthoritiesReading, readAuthorities, readAuthoritiesIfAny } from "../runtime/authorities.ts";
import { placesIn } from "../runtime/places.ts";
import { trustByVariable } from "./misunderstanding.ts";

/** Where it is written who vouches for controllers, and what stood there at first. Plain data, as threads are given it. */
export interface AuthorityFile {
  /** From the root: it is read later too, wherever the process stands by then. */
  readonly file: string;
  /** Undefined: nothing; the system's authorities vouch until there is something. */
  readonly pem: string | undefined;
}

/** As authorities: none. An empty text would mean those of the system. */
const nobody = "no certificate";

/**
 * Who vouches for controllers that are spoken to with TLS: the file that was named, else that of the state directory, which need
 * not be there yet. A file that was named and cannot be used is an error: never "trust anybody". What this user may not read in the
 * state directory is of another user's gateway: it vouches for nobody, and ends no service.
 */
export function authorityFile(named: string | undefined, state: string): AuthorityFile {
  const { file, reading } = look(named, state);
  if (named === undefined && reading?.ok === false && reading.denied === true) return { file, pem: nobody };
  return { file, pem: pemOf(reading) };
}

/** PEM, as it is now. Undefined: the system's authorities. For somebody who can be told at once that it may not be read. */
export function authorityIn(named: string | undefined, state: string): string | undefined {
  return pemOf(look(named, state).reading);
}

/** What to do where a controller's certificate is not trusted. */
export function remedyOf({ file }: AuthorityFile): string {
  const reading = readAuthoritiesIfAny(file);
  if (reading === undefined) return trustByVariable;
  if (!reading.ok) return `${reading.fault}; or ${trustByVariable}`;
  return `it is not vouched for by ${file}: is that the ca.pem of this cluster?`;
}

function look(
  named: string | undefined,
  state: string,
): { file: string; reading: AuthoritiesReading | undefined } {
  if (named === undefined) {
    const file = placesIn(state).tls.ca;
    return { file, reading: readAuthoritiesIfAny(file) };
  }
  const file = resolve(named);
  return { file, reading: readAuthorities(file) };
}

function pemOf(reading: AuthoritiesReading | undefined): string | undefined {
  if (reading === undefined) return undefined;
  if (reading.ok) return reading.certificates.join("");
  throw new SkeinError("invalid", `ca: ${reading.fault}`);
}

/**
 * PEM, to be asked for at each connection: a process may begin before its authority is there, and live longer than it. A
 * file that cannot be used takes no trust away: the last one that could stays in force. Where there was none, nobody is trusted:
 * the join token is told to whoever is.
 */
export function authorityOf({ file, pem }: AuthorityFile): () => string | undefined {
  let last = pem;
  return () => {
    const reading = readAuthoritiesIfAny(file);
    if (reading === undefined) return last;
    if (!reading.ok) return last ?? nobody;
    last = reading.certificates.join("");
    return last;
  };
}
