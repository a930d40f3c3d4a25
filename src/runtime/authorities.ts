import { X509Certificate } from "node:crypto";
import { digestOfChain } from "./certificate.ts";
import { messageOfPem, pemBlocks } from "./pem.ts";
import { isNothing, readSmallFile } from "./small-file.ts";

export type AuthoritiesReading =
  | { readonly ok: true; readonly certificates: readonly string[]; readonly digest: string }
  /** What is wrong with the file, and what to do. `denied`: it may be there, and this user may not read it. */
  | { readonly ok: false; readonly fault: string; readonly denied?: boolean };

/** The certificates of the authorities in a PEM file: whom to trust. None at all is a fault, never "trust anybody". */
export function readAuthorities(file: string): AuthoritiesReading {
  const reading = readSmallFile(file);
  if (!reading.ok) return reading;
  const blocks = pemBlocks(reading.text, "CERTIFICATE");
  if (blocks.length === 0) return { ok: false, fault: messageOfPem(file, "certificate", "") };
  const chain: X509Certificate[] = [];
  for (const [at, block] of blocks.entries()) {
    try {
      chain.push(new X509Certificate(block));
    } catch {
      return { ok: false, fault: `certificate ${at + 1} in ${file} cannot be read` };
    }
  }
  return { ok: true, certificates: chain.map((each) => each.toString()), digest: digestOfChain(chain) };
}

/** As `readAuthorities`; undefined: there is no such file at all. A link to nothing, or what may not be looked at, is a fault. */
export function readAuthoritiesIfAny(file: string): AuthoritiesReading | undefined {
  return isNothing(file) ? undefined : readAuthorities(file);
}
