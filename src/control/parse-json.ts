import * as v from "valibot";
import { SkeinError } from "../protocol/error.ts";
import { printable } from "./guard.ts";

/** The value, or a SkeinError `invalid` that names the field and what is wrong with it. */
export function check<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const known = "entries" in schema ? Object.keys(schema.entries as object) : [];
  const message = (issue: v.BaseIssue<unknown>): string => describe(issue, known);
  const result = v.safeParse(schema, value, { abortPipeEarly: true, message });
  if (result.success) return result.output;
  const told = result.issues.slice(0, 5).map((issue) => {
    const path = v.getDotPath(issue);
    return path === null ? issue.message : `${printable(path)}: ${issue.message}`;
  });
  throw new SkeinError("invalid", told.join("; "));
}

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const why = error instanceof Error ? printable(error.message) : "";
    throw new SkeinError("invalid", `The body is not JSON: ${why}`, { cause: error });
  }
}

/** `known`: the keys of the whole. */
function describe({ expected, received, path }: v.BaseIssue<unknown>, known: readonly string[]): string {
  if (expected === "never") {
    const choices = path?.length === 1 && known.length > 0 ? `; known are ${known.join(", ")}` : "";
    return `there is no such field${choices}`;
  }
  if (received === "undefined") return "it is missing";
  return `must be ${expected ?? "something else"}, not ${printable(received)}`;
}
