/**
 * Writes the options of `join` into docs/workers.md: a table of what the comments of `JoinOptions` say. A test holds the
 * file to it. Run: node --conditions=skein-source scripts/worker-docs.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { keyTable, readInterfaces } from "./interfaces.ts";

export const workerDocsFile = new URL("../docs/workers.md", import.meta.url);

const place = /(?<=<!-- made by scripts\/worker-docs\.ts -->\n)[\s\S]*?(?=<!-- end -->)/;

/** The file as it must be. */
export function workerDocs(): string {
  const options = readInterfaces("src/worker/options.ts").find(({ name }) => name === "JoinOptions");
  if (options === undefined) throw new Error("src/worker/options.ts has no interface JoinOptions");
  const written = readFileSync(workerDocsFile, "utf8");
  if (!place.test(written)) throw new Error("docs/workers.md has no place for the options of join");
  return written.replace(place, () => `\n${keyTable(options.keys)}\n\n`);
}

if (import.meta.main) writeFileSync(workerDocsFile, workerDocs());
