import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readSmallFile } from "./small-file.ts";
import { createWhole } from "./whole-file.ts";

export type StickyKeyReading =
  /** `open`: every user of the host may read it. `digest`: tells another key from this one, and nothing of it. */
  | { readonly ok: true; readonly key: string; readonly digest: string; readonly open: boolean }
  /** What is wrong with the file, and what to do. Nothing of its content. */
  | { readonly ok: false; readonly fault: string };

/** Shorter ones can be guessed from a token, and so from a cookie. */
const keyCharactersMin = 32;

/** The key of sticky cookies: all that is in the file but for the blanks around it. */
export function readStickyKey(file: string): StickyKeyReading {
  const reading = readSmallFile(file);
  if (!reading.ok) return reading;
  const key = reading.text.trim();
  if (key.length < keyCharactersMin) {
    const remedy = "write 32 random bytes in hex into it (openssl rand -hex 32)";
    return { ok: false, fault: `the key in ${file} has less than ${keyCharactersMin} characters; ${remedy}` };
  }
  const digest = createHash("sha256").update(`sticky key\n${key}`).digest("hex").slice(0, 16);
  return { ok: true, key, digest, open: reading.open };
}

/** This gateway's own: made once for a state directory, by whichever process needs it first. */
export function readOrMakeStickyKey(file: string): StickyKeyReading {
  try {
    if (!existsSync(file)) createWhole(file, `${randomBytes(32).toString("hex")}\n`);
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    return { ok: false, fault: `${file} cannot be written (${code})` };
  }
  return readStickyKey(file);
}
