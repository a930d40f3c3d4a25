import { readFileSync } from "node:fs";
import { SkeinError } from "../protocol/error.ts";

/** The token by which this worker joins, as the environment says it. Undefined: it says none. */
export function joinTokenIn(environment: Record<string, string | undefined>): string | undefined {
  const written = environment["SKEIN_TOKEN"] || environment["SKEIN_JOIN_TOKEN"];
  if (written !== undefined && written !== "") return written;
  const file = environment["SKEIN_JOIN_TOKEN_FILE"];
  if (file === undefined || file === "") return undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new SkeinError(
      "invalid",
      `SKEIN_JOIN_TOKEN_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      { cause: error },
    );
  }
}
