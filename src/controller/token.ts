import { existsSync } from "node:fs";
import { chmod, readFile } from "node:fs/promises";
import { SkeinError } from "../protocol/error.ts";
import { newToken } from "../runtime/random.ts";
import { createWhole } from "../runtime/whole-file.ts";

const tokenBytesMin = 16;

/** The operators' token: made by whichever process comes first, readable by this user alone. */
export async function readOrMakeToken(file: string): Promise<string> {
  if (!existsSync(file)) createWhole(file, `${newToken()}\n`);
  await chmod(file, 0o600);
  const token = (await readFile(file, "utf8")).trim();
  if (token.length >= tokenBytesMin && !/\s/.test(token)) return token;
  throw new SkeinError(
    "invalid",
    `${file} holds no usable token (at least ${tokenBytesMin} characters, no blanks). Delete the file: a new one is made.`,
  );
}
