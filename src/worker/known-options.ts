import { nearest } from "../core/did-you-mean.ts";
import { SkeinError } from "../protocol/error.ts";

/** Each option of an interface by its name: the compiler sees that none is missing, and none too many. */
export type OptionNames<Options> = Record<keyof Options, true>;

/** Throws on an option that `call` does not know: misspelt, it would say nothing, and nobody would be told. */
export function checkOptions(call: string, given: object, known: Readonly<Record<string, true>>): void {
  for (const option of Object.keys(given)) {
    if (Object.hasOwn(known, option)) continue;
    const near = nearest(option, Object.keys(known));
    const advice =
      near === undefined ? `known are ${Object.keys(known).join(", ")}` : `did you mean "${near}"?`;
    throw new SkeinError("invalid", `${call}: the option "${option}" is unknown; ${advice}`);
  }
}
