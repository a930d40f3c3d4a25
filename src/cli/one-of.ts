import { nearest } from "../core/did-you-mean.ts";
import { exitCode, Failure } from "./failure.ts";

/** A word out of a closed set, as it was typed. `known`: where all of them stand, or which they are. */
export function oneOf<Word extends string>(
  typed: string,
  words: readonly Word[],
  { flag, known }: { flag: string; known: string },
): Word {
  const found = words.find((word) => word === typed);
  if (found !== undefined) return found;
  const near = nearest(typed, words);
  const hint = near === undefined ? known : `did you mean "${near}"?`;
  throw new Failure(`${flag}: "${typed}" is unknown; ${hint}`, exitCode.usage);
}
