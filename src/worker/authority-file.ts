import { existsSync } from "node:fs";
import { SkeinError } from "../protocol/error.ts";
import { readAuthorities } from "../runtime/authorities.ts";
import { placesIn } from "../runtime/places.ts";

/**
 * PEM of who vouches for controllers that are spoken to with TLS. Undefined: the system's authorities. A file that was named
 * and cannot be used is an error: never "trust anybody".
 */
export function authorityIn(named: string | undefined, state: string): string | undefined {
  const file = named ?? placesIn(state).tls.ca;
  if (named === undefined && !existsSync(file)) return undefined;
  const reading = readAuthorities(file);
  if (reading.ok) return reading.certificates.join("");
  throw new SkeinError("invalid", `ca: ${reading.fault}`);
}
