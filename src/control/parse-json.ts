import * as v from "valibot";
import { SkeinError } from "../protocol/error.ts";
import { printable } from "./guard.ts";

/** The value, or a SkeinError `invalid` that names the field and what is wrong with it. */
export function check<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  const told = result.issues.slice(0, 5).map((issue) => {
    const path = v.getDotPath(issue);
    return path === null ? issue.message : `${printable(path)}: ${printable(issue.message)}`;
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
