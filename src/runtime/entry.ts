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

/** Flags that a child node process of ours needs to resolve the same files as this one (`--conditions`). */
export function inheritedNodeFlags(): string[] {
  return process.execArgv.filter((flag) => flag.startsWith("--conditions") || flag.startsWith("--max-"));
}
