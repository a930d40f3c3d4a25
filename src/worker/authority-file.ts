import { resolve } from "node:path";
import { SkeinError } from "../protocol/error.ts";
import { readAuthorities, readAuthoritiesIfAny } from "../runtime/authorities.ts";
import { placesIn } from "../runtime/places.ts";

/** Where it is written who vouches for controllers, and what stood there at first. Plain data, as threads are given it. */
export interface AuthorityFile {
  /** From the root: it is read later too, wherever the process stands by then. */
  readonly file: string;
  /** Undefined: nothing; the system's authorities vouch until there is something. */
  readonly pem: string | undefined;
}

/**
 * Who vouches for controllers that are spoken to with TLS: the file that was named, else that of the state directory, which need
 * not be there yet. A file that was named and cannot be used is an error: never "trust anybody".
 */
export function authorityFile(named: string | undefined, state: string): AuthorityFile {
  const file = named === undefined ? placesIn(state).tls.ca : resolve(named);
  const reading = named === undefined ? readAuthoritiesIfAny(file) : readAuthorities(file);
  if (reading === undefined) return { file, pem: undefined };
  if (reading.ok) return { file, pem: reading.certificates.join("") };
  throw new SkeinError("invalid", `ca: ${reading.fault}`);
}

/** PEM, as it is now. Undefined: the system's authorities. */
export function authorityIn(named: string | undefined, state: string): string | undefined {
  return authorityFile(named, state).pem;
}

/** As authorities: none. An empty text would mean those of the system. */
const nobody = "no certificate";

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
