import { fileURLToPath } from "node:url";

/**
 * The file of a process or thread entry, by its path without suffix relative to `src/` (or `dist/`).
 * The suffix is taken from this very file, so that the same call works on sources (.ts) and in the published
 * package (.js): `tsc` leaves URLs in strings as they are.
 */
export function entryFile(pathWithoutSuffix: string): string {
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  return fileURLToPath(new URL(`../${pathWithoutSuffix}${suffix}`, import.meta.url));
}

/**
 * Flags that a child node process of ours is started with as well: `--conditions` (`-C`), to resolve the same files as this one,
 * and the limits `--max-...`. Each is one word (`--conditions=X`), however it was given.
 */
export function inheritedNodeFlags(given: readonly string[] = process.execArgv): string[] {
  return inOneWordEach(given).filter((flag) => /^--(conditions\b|max[-_])/.test(flag));
}

/** Node takes no value that begins with `-`: among its flags every other word is the value of the flag before it. */
function inOneWordEach(words: readonly string[]): string[] {
  const flags: string[] = [];
  for (const word of words) {
    if (word.startsWith("-")) flags.push(word === "-C" ? "--conditions" : word);
    else flags.push(`${flags.pop() ?? ""}=${word}`);
  }
  return flags;
}
