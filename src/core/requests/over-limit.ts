import type { RequestRecord } from "./record.ts";
import { limit, type Words } from "./words.ts";

/** The details of a head that is valid as far as it was read, and exceeds a limit. */
export type OverLimit = "the head is larger than allowed" | "more fields than allowed";

const answers: Readonly<Record<OverLimit, { key: string; what: string; less: string }>> = {
  "the head is larger than allowed": {
    key: "limits.workerHead",
    what: "a larger head",
    less: "Send less in it (cookies, redirects and policies are the usual long ones)",
  },
  "more fields than allowed": {
    key: "limits.workerFields",
    what: "more fields",
    less: "Send fewer fields (one set-cookie for each of many things is the usual fault)",
  },
};

/** Of an answer; undefined: a limit has nothing to do with it. `decided`: what became of the request. */
export function explainOverLimit(name: string, record: RequestRecord, decided: string): Words | undefined {
  const { detail = "" } = record;
  if (!isOverLimit(detail)) return undefined;
  const { key, what, less } = answers[detail];
  const inForce = limit(record, key, "number");
  return {
    what: `What ${name} answered has ${what} than the gateway takes (${inForce}).`,
    rule: `The head of an answer is held until it is whole, so there is a limit to it. ${decided}`,
    todo: `${less}, or raise ${inForce}. Clients have limits of their own.`,
  };
}

function isOverLimit(detail: string): detail is OverLimit {
  return Object.hasOwn(answers, detail);
}
