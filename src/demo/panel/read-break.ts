import * as v from "valibot";
import { check, parseJson } from "../../control/parse-json.ts";
import type { DemoBreak } from "../../protocol/demo.ts";

const schema = v.strictObject({
  fault: v.pipe(v.string(), v.maxLength(60)),
  worker: v.optional(v.pipe(v.string(), v.maxLength(200))),
});

/** Throws SkeinError for what is no such thing. */
export function readBreak(body: string): DemoBreak {
  return check(schema, parseJson(body));
}
