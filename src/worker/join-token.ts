import { readFileSync } from "node:fs";
import { SkeinError } from "../protocol/error.ts";
import { isToken } from "../runtime/token-text.ts";

/** The token by which this worker joins, as the environment says it. Undefined: it says none. */
export function joinTokenIn(environment: Record<string, string | undefined>): string | undefined {
  for (const name of ["SKEIN_TOKEN", "SKEIN_JOIN_TOKEN"]) {
    const written = environment[name];
    if (written !== undefined && written !== "") return soundToken(name, written);
  }
  const file = environment["SKEIN_JOIN_TOKEN_FILE"];
  if (file === undefined || file === "") return undefined;
  try {
    return soundToken(`SKEIN_JOIN_TOKEN_FILE: ${file}`, readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SkeinError) throw error;
    throw new SkeinError(
      "invalid",
      `SKEIN_JOIN_TOKEN_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      { cause: error },
    );
  }
}

/** The token by which a gateway of proxies only joins. On its command line SKEIN_TOKEN is the operators', which no file is to keep. */
export function proxiesTokenIn(environment: Record<string, string | undefined>): string | undefined {
  return joinTokenIn({ ...environment, SKEIN_TOKEN: undefined });
}

/** Without what ends its line. Throws where that is no token: it would throw in the middle of a connection. */
export function soundToken(where: string, written: string): string {
  const token = written.trim();
  if (isToken(token)) return token;
  throw new SkeinError(
    "invalid",
    `${where}: a token has no line break, space or character beyond ASCII in it. Is there more than one?`,
  );
}
