import { SkeinError } from "../protocol/error.ts";
import type { ProblemBody } from "../protocol/problem.ts";

/** An answer of RFC 9457, and its code in `x-skein-reason`. */
export interface ProblemAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function problemAnswer(error: unknown): ProblemAnswer {
  const known = error instanceof SkeinError ? error : new SkeinError("internal", "See the controller's log.");
  const { code, status, title, retry } = known.problem;
  const body: ProblemBody = {
    type: `urn:skein:problem:${code}`,
    title,
    status,
    code: known.code as ProblemBody["code"],
    detail: known.detail,
    ...furtherMembers(known),
  };
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-skein-reason": code,
    ...(retry === "safe" ? { "retry-after": "1" } : {}),
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  };
  return { status, headers, body: `${JSON.stringify(body)}\n` };
}

/** `cause` carries further members of the problem, where an error has some. */
function furtherMembers(error: SkeinError): object {
  return error.cause instanceof ProblemMembers ? error.cause.members : {};
}

/** Further members for the body of a problem, given as an error's cause. */
export class ProblemMembers {
  readonly members: Record<string, unknown>;

  constructor(members: Record<string, unknown>) {
    this.members = members;
  }
}
