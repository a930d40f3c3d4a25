import { nearest } from "../core/did-you-mean.ts";
import { SkeinError } from "../protocol/error.ts";

/** Each option of an interface by its name: the compiler sees that none is missing, and none too many. */
export type OptionNames<Options> = Record<keyof Options, true>;

/** Throws on options that `call` does not know: misspelt, they would say nothing, and nobody would be told. */
export function checkOptions(call: string, given: object, known: Readonly<Record<string, true>>): void {
  const names = Object.keys(known);
  // The letters of a text and the places of a list would be taken for names.
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new SkeinError("invalid", `${call}: options are an object, with any of ${names.join(", ")}`);
  const unknown = Object.keys(given).filter((option) => !Object.hasOwn(known, option));
  if (unknown.length === 0) return;
  const said = unknown.slice(0, toldMax).map((option) => {
    const near = nearest(option, names);
    const advice = near === undefined ? `known are ${names.join(", ")}` : `did you mean "${near}"?`;
    return `${call}: the option "${option}" is unknown; ${advice}`;
  });
  const more = unknown.length > toldMax ? [`and ${unknown.length - toldMax} more`] : [];
  throw new SkeinError("invalid", [...said, ...more].join("\n"));
}

const toldMax = 5;
